"""A host and its viewers, over a real socket; what viewers do must neither hurt the host nor each other."""

import itertools
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_host import PATIENCE, Host, Peer, Viewer, examples, latent_map, notice, wait_until
from messages import commands
from vae_tui.core.commands import Checkpoint, Generate, Pause, Resume, Sample, Stop
from vae_tui.core.errors import RunError, WireError
from vae_tui.core.events import Ended, Examples, Failed, Generated, LatentMap, Notice
from vae_tui.core.live import server as server_module
from vae_tui.core.live.server import MOST_COMMANDS
from vae_tui.core.live.sockets import connect, socket_path
from vae_tui.core.live.wire import LONGEST_COMMAND, PROTOCOL, Grown, Hello, Refused, Welcome, encode

ENDED = Ended(step=9, reason="finished")


def ask(ticket: int, n: int = 1) -> Generate:
    return Generate(ticket, np.full((n, 20), ticket, np.float32), np.zeros((n, 10), np.float32))


def digits(question: Generate) -> Generated:
    """What a trainer answers: here, pictures of the first code's number."""
    value = np.uint8(question.codes[0, 0])
    images = np.full((len(question.codes), 28, 28), value, np.uint8)
    return Generated(step=1, ticket=question.ticket, images=images, weights=question.weights)


def answer(host: Host) -> None:
    question = host.command()
    assert isinstance(question, Generate)
    host.publish(digits(question))


def say_for_ever(peer: Peer, part: bytes) -> None:
    """Say the same again and again. Raises OSError when the host takes no more."""
    for _ in range(10_000):
        peer.say(part)
    pytest.fail("the host takes it all")


def assert_serves(host: Host) -> None:
    """Another viewer is let in, is heard and told."""
    peer = Peer(host.run)
    peer.say(encode(Checkpoint()))
    wait_until(lambda: any(command == Checkpoint() for command in list(host.commands.queue)))
    host.publish(notice(1))
    while peer.until(Grown).end < host.end:
        pass
    peer.vanish()


# -- what a viewer sees


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


def test_an_unknown_line_is_refused(host: Host) -> None:
    for said in (b"GET / HTTP/1.1\r\n", b"\n", b"\x00\xff\n", encode(Welcome(PROTOCOL, 1)), b'{"type":"hello"}\n'):
        peer = Peer(host.run, hello=False)
        peer.say(said)
        assert isinstance(peer.hear(), Refused)
        assert peer.hear() is None
        peer.vanish()
    assert_serves(host)


def test_an_unknown_line_costs_a_viewer_its_connection_after_what_it_was_told(host: Host) -> None:
    for said in (b'{"type":"set_knobs","beta_scale":-1}\n', encode(Hello(PROTOCOL, True)), b"pause\n"):
        peer = Peer(host.run)
        host.publish(examples(1))
        peer.until(Examples)
        peer.say(encode(Pause()) + said + encode(Stop()))
        assert host.command() == Pause()
        assert isinstance(peer.rest()[-1], Refused)
        assert host.commands.empty()
        peer.vanish()
    assert_serves(host)


def test_the_first_line_must_be_hello(host: Host) -> None:
    peer = Peer(host.run, hello=False)
    peer.say(encode(Stop()))
    assert "Hello" in peer.hear().reason
    assert host.commands.empty()
    peer.vanish()


def test_another_version_is_told_what_to_do(host: Host) -> None:
    peer = Peer(host.run, hello=False)
    peer.say(encode(Hello(PROTOCOL + 1, readonly=False)))
    refused = peer.hear()
    assert isinstance(refused, Refused)
    assert "another version of vae-tui" in refused.reason
    assert "\n" not in refused.reason
    assert peer.hear() is None
    peer.vanish()


def test_a_huge_line_is_refused_without_being_kept(host: Host) -> None:
    peer = Peer(host.run)
    with pytest.raises(OSError, match=r".+"):  # the host hangs up in the middle of it
        say_for_ever(peer, b"x" * (LONGEST_COMMAND // 32))
    assert_serves(host)
    peer.vanish()


def test_who_says_nothing_is_not_waited_for(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HELLO_SECONDS", 0.05)
    for said in (b"", encode(Hello(PROTOCOL, readonly=False))[:10]):
        peer = Peer(host.run, hello=False)
        peer.say(said)
        assert isinstance(peer.hear(), Refused)
        assert peer.hear() is None
        peer.vanish()


def test_half_a_line_hurts_nobody_whether_its_viewer_falls_silent_or_vanishes(host: Host) -> None:
    silent, vanishing = Peer(host.run), Peer(host.run)
    for peer in (silent, vanishing):
        peer.say(encode(ask(1))[:-20])
    vanishing.vanish()
    wait_until(lambda: host.server.viewers == 1)
    assert_serves(host)
    silent.say(encode(ask(1))[-20:])
    wait_until(lambda: any(isinstance(command, Generate) for command in list(host.commands.queue)))
    silent.vanish()


def test_there_is_an_end_to_how_many_are_let_in(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_VIEWERS", 2)
    first, second = Peer(host.run), Peer(host.run)
    third = Peer(host.run, hello=False)
    assert "already" in third.hear().reason
    first.vanish()
    third.vanish()
    wait_until(lambda: isinstance(_hello(host.run), Welcome))
    second.vanish()


def _hello(run: Path) -> object:
    peer = Peer(run, hello=False)
    try:
        peer.say(encode(Hello(PROTOCOL, readonly=True)))
        return peer.hear()
    except OSError:  # it was refused before it said anything
        return None
    finally:
        peer.vanish()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.booleans(),
    st.lists(st.binary(max_size=100) | st.just(b"\n") | commands().map(encode), max_size=6),
    st.booleans(),
)
def test_whatever_is_said_the_host_goes_on(host: Host, greets: bool, said: list[bytes], reads: bool) -> None:
    peer = Peer(host.run, hello=greets)
    try:
        for part in said:
            peer.say(part)
            host.publish(notice(1))
        peer.connection.shutdown(1)
        if reads:
            peer.rest()
    except OSError:
        pass  # the host has hung up
    peer.vanish()
    while not host.commands.empty():
        host.commands.get()
    assert_serves(host)


# -- viewers that are slow


def test_a_viewer_that_never_reads_costs_nothing_and_then_skips_to_the_present(host: Host) -> None:
    slow, quick = Peer(host.run), Viewer(host.run)
    wait_until(lambda: host.server.viewers == 2)
    total = 300
    for step in range(1, total + 1):  # 40 MB of maps: more than any socket takes
        host.publish(notice(step))
        host.publish(latent_map(step))
        host.publish(examples(step))
        if step % 50 == 0:
            quick.wait_for(LatentMap, step // 50)
    wait_until(lambda: quick.all(LatentMap)[-1].step == total)
    host.publish(ENDED)
    quick.wait_for(Ended)
    rest = []
    while not rest or rest[-1] != ENDED:
        rest.append(slow.hear())
    maps = [message.step for message in rest if isinstance(message, LatentMap)]
    assert maps[-1] == total
    assert maps == sorted(maps)
    assert len(maps) < total / 10
    assert len(rest) < total / 2
    assert [message.end for message in rest if isinstance(message, Grown)][-1] == host.end
    slow.vanish()


def test_twenty_viewers_come_and_go_and_who_stays_has_it_all(host: Host) -> None:
    stop = threading.Event()

    def restless(number: int) -> None:
        for turn in itertools.count(number):
            if stop.is_set():
                return
            peer = Peer(host.run, readonly=turn % 2 == 0)
            if turn % 3 == 0:
                peer.say(encode(ask(turn))[: 40 if turn % 2 else None])
            if turn % 5:
                peer.hear()
            peer.vanish()

    threads = [threading.Thread(target=restless, args=(number,)) for number in range(10)]
    never_reading = Peer(host.run)
    viewers = [Viewer(host.run) for _ in range(9)]
    for thread in threads:
        thread.start()
    for step in range(1, 100):
        host.publish(notice(step))
        host.publish(latent_map(step))
        while not host.commands.empty():
            answer(host)
        time.sleep(0.002)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    host.publish(ENDED)
    for viewer in viewers:
        viewer.wait_for(Ended)
        assert viewer.problem is None
        assert viewer.all(LatentMap)[-1].step == 99
        assert viewer.all(Grown)[-1].end == host.end
    never_reading.vanish()
    host.server.close()


# -- the end


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
