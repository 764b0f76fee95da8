"""The host's end against peers that send nonsense, too much or nothing, and against a crowd."""

import contextlib
import itertools
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_host import (
    ENDED,
    PATIENCE,
    Host,
    Peer,
    Viewer,
    answer,
    ask,
    assert_serves,
    examples,
    join,
    latent_map,
    notice,
    wait_until,
)
from messages import commands
from vae_tui.core.live import server as server_module
from vae_tui.core.live.wire import LONGEST_COMMAND, PROTOCOL, Grown, Hello, Refused, Welcome, encode
from vae_tui.core.protocol.commands import Generate, Pause, Stop
from vae_tui.core.protocol.events import Ended, Examples, LatentMap


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


def test_a_huge_line_is_refused_before_much_of_it_is_taken(host: Host) -> None:
    peer = Peer(host.run)
    said = 0
    with contextlib.suppress(OSError):  # the host hangs up in the middle of it
        while said < 4 * LONGEST_COMMAND:
            said += peer.connection.send(b"x" * (LONGEST_COMMAND // 32))
    assert said < 4 * LONGEST_COMMAND
    assert_serves(host)
    peer.vanish()


def test_a_line_can_be_as_long_as_a_command_and_no_longer(host: Host) -> None:
    longest, longer = Peer(host.run), Peer(host.run)
    longest.say(encode(Pause()).rjust(LONGEST_COMMAND))
    assert host.command() == Pause()
    with contextlib.suppress(OSError):  # the host hangs up in the middle of it
        longer.say(encode(Stop()).rjust(LONGEST_COMMAND + 2))
    assert "longer than" in longer.until(Refused).reason
    assert host.commands.empty()
    longest.vanish()
    longer.vanish()


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
    monkeypatch.setattr(server_module, "MAX_VIEWERS", 2)
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
    join(host.closing())
