"""What viewers ask for: what the trainer gets of it, and what they are told."""

import time

import pytest
from live_host import ENDED, Host, Peer, Viewer, answer, ask, assert_serves, images, notice, wait_until
from vae_tui.core.live.inbox import MAX_COMMANDS
from vae_tui.core.live.viewer import MAX_ANSWERS
from vae_tui.core.live.wire import encode
from vae_tui.core.protocol.commands import Command, Generate, Pause, Resume, Sample, Stop
from vae_tui.core.protocol.events import Ended, Generated, Notice


def drain(host: Host) -> list[Command]:
    """The commands that wait for the trainer."""
    return [host.commands.get_nowait() for _ in range(host.commands.qsize())]


def is_stopping(host: Host) -> bool:
    return Stop() in list(host.commands.queue)


def answered(host: Host, viewer: Viewer) -> None:
    """Wait until a viewer has all that it is owed: answers come in their order, and the last one to this question."""
    n = len(viewer.all(Generated))
    viewer.client.send(ask(1000))
    answer(host)
    wait_until(lambda: any(event.ticket == 1000 for event in viewer.all(Generated)[n:]))


def say_without_end(peer: Peer, part: bytes) -> None:
    """Say far more than what fits in any buffer. Raises TimeoutError when the host no longer reads."""
    for _ in range((16 << 20) // len(part)):
        peer.say(part)


def test_commands_come_to_the_trainer_in_their_order(host: Host) -> None:
    viewer = Viewer(host.run)
    sent = [Pause(), Sample(3), Resume(), Stop(checkpoint=False)]
    for command in sent:
        viewer.client.send(command)
    assert [host.command() for _ in sent] == sent
    viewer.client.close()


def test_images_go_to_who_asked_for_them_under_its_own_ticket(host: Host) -> None:
    first, second, third = Viewer(host.run), Viewer(host.run, readonly=True), Viewer(host.run)
    first.client.send(ask(7))
    one = host.command()
    second.client.send(ask(7, n=2))
    other = host.command()
    assert isinstance(one, Generate)
    assert isinstance(other, Generate)
    assert one.ticket != other.ticket
    host.publish(images(other))
    host.publish(images(one))
    got = first.wait_for(Generated)
    assert (got.ticket, got.images.shape) == (7, (1, 28, 28))
    got = second.wait_for(Generated)
    assert (got.ticket, got.images.shape) == (7, (2, 28, 28))
    host.publish(ENDED)
    third.wait_for(Ended)
    assert third.all(Generated) == []


def test_a_viewer_gets_no_images_that_the_app_of_the_process_asked_for(host: Host) -> None:
    viewer = Viewer(host.run)
    for ticket in range(3):
        host.commands.put(ask(ticket))  # as the app does, under tickets that count up
        viewer.client.send(ask(100 + ticket))
    wait_until(lambda: host.commands.qsize() == 6)
    questions = [command for command in drain(host) if isinstance(command, Generate)]
    assert len({question.ticket for question in questions}) == 6
    for question in questions:
        host.publish(images(question))
    viewer.wait_for(Generated, 3)
    assert [(event.ticket, event.images.max()) for event in viewer.all(Generated)] == [(n, n) for n in (100, 101, 102)]


def test_an_answer_to_who_has_left_goes_nowhere(host: Host) -> None:
    peer = Peer(host.run)
    peer.say(encode(ask(1)))
    question = host.command()
    peer.vanish()
    wait_until(lambda: host.server.viewers == 0)
    assert isinstance(question, Generate)
    host.publish(images(question))
    host.publish(images(ask(99)))  # which nobody has asked for
    assert_serves(host)


def test_a_viewer_that_may_only_look_is_told_so_and_stays(host: Host) -> None:
    host.publish(notice(5))
    viewer = Viewer(host.run, readonly=True)
    viewer.client.send(Stop())
    refusal = viewer.wait_for(Notice)
    assert (refusal.step, refusal.level) == (5, "warning")
    assert "read-only" in refusal.text
    viewer.client.send(ask(1))
    answer(host)
    viewer.wait_for(Generated)
    assert host.commands.empty()


def test_a_busy_trainer_is_not_buried_in_commands_and_stop_comes_through_at_once(host: Host) -> None:
    host.publish(notice(5))
    flooding, late = Viewer(host.run), Viewer(host.run)
    for episode in (1, 2):
        for label in range(10 * MAX_COMMANDS):
            flooding.client.send(Sample(label))
        flooding.client.send(Stop())
        wait_until(lambda: is_stopping(host))
        late.client.send(Pause())
        late.wait_for(Notice, episode)
        assert drain(host) == [Sample(label) for label in range(MAX_COMMANDS)] + [Stop()]
        for viewer in (flooding, late):
            answered(host, viewer)
            assert len(viewer.all(Notice)) == episode
    refusal = flooding.all(Notice)[0]
    assert (refusal.step, refusal.level) == (5, "warning")
    assert "busy" in refusal.text
    assert host.commands.empty()


def test_who_asks_a_busy_trainer_is_told_so_under_its_ticket(host: Host) -> None:
    flooding, asking = Viewer(host.run), Viewer(host.run, readonly=True)
    for label in range(MAX_COMMANDS):
        flooding.client.send(Sample(label))
    wait_until(lambda: host.commands.qsize() == MAX_COMMANDS)
    asking.client.send(ask(7))
    refusal = asking.wait_for(Generated)
    assert (refusal.ticket, refusal.images.shape, refusal.weights) == (7, (0, 1, 1), ask(7).weights)
    assert "busy" in refusal.problem
    assert drain(host) == [Sample(label) for label in range(MAX_COMMANDS)]
    asking.client.send(ask(8))
    answer(host)
    assert asking.wait_for(Generated, 2).problem == ""


def test_who_asks_too_much_at_once_is_told_so_and_can_still_stop_the_run(host: Host) -> None:
    viewer = Viewer(host.run)
    for ticket in range(MAX_ANSWERS + 3):
        viewer.client.send(ask(ticket))
    viewer.client.send(Stop())
    wait_until(lambda: is_stopping(host))
    viewer.wait_for(Generated, 3)
    assert [event.ticket for event in viewer.all(Generated) if event.problem] == [MAX_ANSWERS + n for n in range(3)]
    *questions, _ = drain(host)
    for question in questions:
        assert isinstance(question, Generate)
        host.publish(images(question))
    viewer.wait_for(Generated, MAX_ANSWERS + 3)
    assert [event.ticket for event in viewer.all(Generated) if not event.problem] == list(range(MAX_ANSWERS))
    answered(host, viewer)


def test_one_stop_is_enough(host: Host) -> None:
    peer = Peer(host.run)
    peer.say(encode(Stop()) * 1000 + encode(Pause()))
    wait_until(lambda: Pause() in list(host.commands.queue))
    assert drain(host) == [Stop(), Pause()]
    peer.vanish()


def test_who_does_not_read_its_answers_is_not_asked_for_more_questions(host: Host) -> None:
    peer = Peer(host.run)
    peer.connection.setblocking(False)
    question = encode(ask(1, n=64))
    answered = 0
    for _ in range(1000):
        try:
            peer.connection.send(question)
        except BlockingIOError:  # the host has stopped reading
            break
        while not host.commands.empty():
            answer(host)
            answered += 1
        time.sleep(0.001)
    else:
        pytest.fail("the host goes on reading")
    held = answered * len(encode(images(ask(1, n=64))))
    assert held < 8 << 20
    assert_serves(host)
    peer.vanish()


@pytest.mark.parametrize(("readonly", "said", "most"), [(True, Stop(), 0), (False, ask(1), MAX_ANSWERS)])
def test_a_refused_viewer_that_does_not_read_is_not_heard_for_ever(
    host: Host, readonly: bool, said: Command, most: int
) -> None:
    peer = Peer(host.run, readonly=readonly)
    peer.connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        say_without_end(peer, encode(said) * 100)
    wait_until(lambda: host.commands.qsize() == most)
    assert_serves(host)
    peer.vanish()
    wait_until(lambda: host.server.viewers == 0)
