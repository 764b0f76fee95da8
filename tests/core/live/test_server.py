"""A host and its viewers, over a real socket; what viewers do must neither hurt the host nor each other."""

import os
import threading
import time
from pathlib import Path

import pytest
from live_host import (
    ENDED,
    Host,
    Peer,
    Viewer,
    answer,
    ask,
    assert_serves,
    digits,
    examples,
    latent_map,
    notice,
    say_for_ever,
    wait_until,
)
from vae_tui.core.commands import Generate, Pause, Resume, Sample, Stop
from vae_tui.core.errors import RunError, WireError
from vae_tui.core.events import Ended, Examples, Failed, Generated, LatentMap, Notice
from vae_tui.core.live import server as server_module
from vae_tui.core.live.server import MOST_COMMANDS
from vae_tui.core.live.sockets import connect, socket_path
from vae_tui.core.live.wire import PROTOCOL, Grown, Hello, Refused, Welcome, encode


def test_a_newcomer_is_told_how_far_the_log_is_whole_and_what_it_does_not_have(run: Path) -> None:
    host = Host(run)
    host.publish(notice(1))
    host.publish(examples(1))
    host.server.start()
    host.publish(examples(2))
    host.publish(latent_map(2))
    host.publish(notice(3))
    peer = Peer(run, hello=False)
    peer.say(encode(Hello(PROTOCOL, readonly=True)))
    assert peer.hear() == Welcome(PROTOCOL, os.getpid())
    assert peer.hear() == Grown(host.end)
    assert {type(event): event.step for event in (peer.hear(), peer.hear())} == {Examples: 2, LatentMap: 2}
    host.publish(notice(4))
    assert peer.hear() == Grown(host.end)
    peer.vanish()
    host.close()


def test_what_the_log_has_comes_before_what_was_said_later(host: Host) -> None:
    viewer = Viewer(host.run)
    for step in range(1, 200):
        host.publish(notice(step))
        end = host.end
        host.publish(examples(step))
        if step % 20 == 0:
            wait_until(lambda step=step: any(event.step == step for event in viewer.all(Examples)))
            shown = next(i for i, m in enumerate(viewer.messages) if isinstance(m, Examples) and m.step == step)
            assert max(m.end for m in viewer.messages[:shown] if isinstance(m, Grown)) >= end


@pytest.mark.parametrize("last", [ENDED, Failed(step=3, message="no data", traceback="", usage=True)])
def test_everybody_is_told_the_end_and_newcomers_too(host: Host, last: Ended | Failed) -> None:
    viewers = [Viewer(host.run) for _ in range(3)]
    wait_until(lambda: host.server.viewers == 3)
    host.publish(last)
    viewers.append(Viewer(host.run, readonly=True))
    viewers[-1].wait_for(type(last))
    host.server.close()
    for viewer in viewers:
        viewer.join()
        assert viewer.messages[-1] == last
        assert viewer.all(type(last)) == [last]
        assert viewer.all(Grown)[-1].end == host.end


def test_viewers_are_counted_from_their_hello_until_they_leave(host: Host) -> None:
    silent = Peer(host.run, hello=False)
    first, second = Peer(host.run), Peer(host.run, readonly=True)
    wait_until(lambda: host.server.viewers == 2)
    first.vanish()
    wait_until(lambda: host.server.viewers == 1)
    second.vanish()
    wait_until(lambda: host.server.viewers == 0)
    silent.vanish()


def test_the_heart_beats_until_the_end(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BEAT_SECONDS", 0.02)
    host = Host(run)
    host.server.start()
    for _ in range(2):
        os.utime(run / "lock", (1, 1))
        wait_until(lambda: (run / "lock").stat().st_mtime > 1)
    host.close()
    os.utime(run / "lock", (1, 1))
    time.sleep(0.1)
    assert (run / "lock").stat().st_mtime == 1


# -- what a viewer asks for


def test_commands_come_to_the_trainer_in_their_order(host: Host) -> None:
    viewer = Viewer(host.run)
    sent = [Pause(), Sample(3), Resume(), Stop(checkpoint=False)]
    for command in sent:
        viewer.client.send(command)
    assert [host.command() for _ in sent] == sent
    viewer.client.close()


def test_digits_go_to_who_asked_for_them_under_its_own_ticket(host: Host) -> None:
    first, second, third = Viewer(host.run), Viewer(host.run, readonly=True), Viewer(host.run)
    first.client.send(ask(7))
    one = host.command()
    second.client.send(ask(7, n=2))
    other = host.command()
    assert isinstance(one, Generate)
    assert isinstance(other, Generate)
    assert one.ticket != other.ticket
    host.publish(digits(other))
    host.publish(digits(one))
    got = first.wait_for(Generated)
    assert (got.ticket, got.images.shape) == (7, (1, 28, 28))
    got = second.wait_for(Generated)
    assert (got.ticket, got.images.shape) == (7, (2, 28, 28))
    host.publish(ENDED)
    third.wait_for(Ended)
    assert third.all(Generated) == []


def test_an_answer_to_who_has_left_goes_nowhere(host: Host) -> None:
    peer = Peer(host.run)
    peer.say(encode(ask(1)))
    question = host.command()
    peer.vanish()
    wait_until(lambda: host.server.viewers == 0)
    assert isinstance(question, Generate)
    host.publish(digits(question))
    host.publish(digits(ask(99)))  # which nobody has asked for
    assert_serves(host)


def test_a_viewer_that_may_only_look_is_told_so_and_stays(host: Host) -> None:
    host.publish(notice(5))
    viewer = Viewer(host.run, readonly=True)
    viewer.client.send(Stop())
    refusal = viewer.wait_for(Notice)
    assert (refusal.step, refusal.level) == (5, "warning")
    assert "only look" in refusal.text
    viewer.client.send(ask(1))
    answer(host)
    viewer.wait_for(Generated)
    assert host.commands.empty()


def test_a_trainer_that_is_busy_is_not_buried_in_commands(host: Host) -> None:
    flooding, late = Viewer(host.run), Viewer(host.run)
    total = 10 * MOST_COMMANDS
    for label in range(total):
        flooding.client.send(Sample(label))
    wait_until(lambda: host.commands.qsize() >= MOST_COMMANDS)
    late.client.send(Stop())
    time.sleep(0.2)
    assert host.commands.qsize() <= MOST_COMMANDS + 2
    got = [host.command() for _ in range(total + 1)]
    assert [command.label for command in got if isinstance(command, Sample)] == list(range(total))
    assert Stop() in got


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
    held = answered * len(encode(digits(ask(1, n=64))))
    assert held < 8 << 20
    assert_serves(host)
    peer.vanish()


def test_a_refused_viewer_that_does_not_read_is_not_heard_for_ever(host: Host) -> None:
    peer = Peer(host.run, readonly=True)
    peer.connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        say_for_ever(peer, encode(Stop()) * 1000)
    assert host.commands.empty()
    assert_serves(host)
    peer.vanish()


# -- peers that are not what they should be


def test_somebody_else_is_told_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: object) -> None:
        raise WireError("user 7 may not look at this run")

    monkeypatch.setattr(server_module, "check_peer", refuse)
    peer = Peer(host.run, hello=False)
    assert peer.rest() == [Refused("user 7 may not look at this run")]
    peer.vanish()


def test_closing_hangs_up_and_removes_the_socket(host: Host) -> None:
    viewers = [Viewer(host.run) for _ in range(3)]
    wait_until(lambda: host.server.viewers == 3)
    host.server.close()
    for viewer in viewers:
        viewer.join()
    assert not socket_path(host.run).exists()
    with pytest.raises(RunError, match="not live"):
        connect(host.run)
    host.server.publish(notice(9))  # a late word hurts nobody


def test_closing_does_not_wait_for_who_does_not_listen(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "FAREWELL_SECONDS", 0.1)
    peers = [Peer(host.run), Peer(host.run, hello=False), Peer(host.run)]
    for step in range(100):
        host.publish(latent_map(step))
    host.publish(ENDED)
    host.server.close()
    assert not any(thread.name == "server" and thread.is_alive() for thread in threading.enumerate())
    for peer in peers:
        peer.vanish()


def test_a_run_that_was_removed_meanwhile_can_be_closed(host: Host) -> None:
    host.publish(notice(1))
    (host.run / "events.jsonl").unlink()
    host.server.publish(notice(2))
    for path in host.run.iterdir():
        path.unlink()
    host.run.rmdir()
    host.server.close()


def test_a_refusal_reaches_the_client_as_an_error(host: Host) -> None:
    viewer = Viewer(host.run)
    viewer.client._say(b"nonsense\n")
    with pytest.raises(WireError, match="cannot be understood"):
        viewer.join()


def test_viewers_know_how_many_they_are(host: Host) -> None:
    def knows(viewer: Viewer, number: int) -> bool:
        return bool(viewer.all(Grown)) and viewer.all(Grown)[-1].viewers == number

    first = Viewer(host.run)
    wait_until(lambda: knows(first, 1))
    second = Viewer(host.run)
    wait_until(lambda: knows(first, 2) and knows(second, 2))
    second.client.close()
    wait_until(lambda: knows(first, 1))
