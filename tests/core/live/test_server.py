"""A host and its viewers, over a real socket: what viewers are told, from the first to the end."""

import contextlib
import gc
import os
import queue
import time
from pathlib import Path

import pytest
from live_host import (
    ENDED,
    Host,
    Peer,
    Viewer,
    examples,
    join,
    latent_map,
    notice,
    wait_until,
)
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError, WireError
from vae_tui.core.live import server as server_module
from vae_tui.core.live.server import RunServer
from vae_tui.core.live.sockets import connect, listen
from vae_tui.core.live.wire import LONGEST_COMMAND, PROTOCOL, Grown, Hello, Refused, Welcome, encode
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import Ended, Examples, Failed, LatentMap
from vae_tui.core.run.rundir import RunDirectory, socket_path


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
    assert peer.hear() == Grown(host.end, 1)
    assert {type(event): event.step for event in (peer.hear(), peer.hear())} == {Examples: 2, LatentMap: 2}
    host.publish(notice(4))
    assert peer.hear() == Grown(host.end, 1)
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


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("last", [ENDED, Failed(step=3, message="no data", traceback="", usage=True)])
def test_everybody_is_told_the_end_and_newcomers_too(host: Host, last: Ended | Failed) -> None:
    viewers = [Viewer(host.run) for _ in range(3)]
    wait_until(lambda: host.server.viewers == 3)
    host.publish(last)
    viewers.append(Viewer(host.run, readonly=True))
    viewers[-1].wait_for(type(last))
    join(host.closing())
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


def test_the_heart_beats_again_when_a_lost_disk_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BEAT_SECONDS", 0.02)
    disk, lost = tmp_path / "disk", tmp_path / "lost"
    beats: list[None] = []
    with RunDirectory.create(Config(run=RunConfig(dir=str(disk / "run")))) as run:

        def keep_lock() -> None:
            beats.append(None)
            run.keep_lock()

        server = RunServer(listen(run.path), run.path, queue.Queue(), keep_lock)
        server.start()
        with contextlib.closing(server):
            disk.rename(lost)
            disk.touch()
            already = len(beats)
            wait_until(lambda: len(beats) > already)
            disk.unlink()
            lost.rename(disk)
            os.utime(run.path / "lock", (1, 1))
            wait_until(lambda: (run.path / "lock").stat().st_mtime > 1)


def test_somebody_else_is_told_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: object) -> None:
        raise WireError("user 7 may not view this run")

    monkeypatch.setattr(server_module, "check_peer", refuse)
    peer = Peer(host.run, hello=False)
    assert peer.rest() == [Refused("user 7 may not view this run")]
    peer.vanish()


def test_closing_hangs_up_and_removes_the_socket(host: Host) -> None:
    viewers = [Viewer(host.run) for _ in range(3)]
    wait_until(lambda: host.server.viewers == 3)
    join(host.closing())
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
    join(host.closing())
    for peer in peers:
        peer.vanish()


@pytest.mark.usefixtures("patient")
def test_who_comes_while_others_are_waited_for_is_told_the_end(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "BEAT_SECONDS", 0.02)
    host = Host(run)
    host.server.start()
    lingering = Peer(run)
    host.publish(notice(1))
    host.publish(ENDED)
    closing = host.closing()
    assert lingering.rest()[-1] == ENDED
    late = Viewer(run)
    late.join()
    assert late.messages == [Grown(host.end, 2), ENDED]
    os.utime(run / "lock", (1, 1))
    wait_until(lambda: (run / "lock").stat().st_mtime > 1)
    lingering.vanish()
    join(closing)
    host.close()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "said", [b"nonsense\n", encode(Stop()), b"x" * LONGEST_COMMAND * 3], ids=["nonsense", "Stop", "a huge line"]
)
def test_what_is_said_after_the_end_is_nobodys_concern(
    host: Host, caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    peer = Peer(host.run)
    host.publish(ENDED)
    closing = host.closing()
    peer.rest()
    peer.say(said)
    peer.vanish()
    join(closing)
    gc.collect()  # which tells of exceptions that nobody has asked for
    assert host.commands.empty()
    assert caplog.messages == []


def test_a_run_that_was_removed_meanwhile_can_be_closed(host: Host) -> None:
    host.publish(notice(1))
    (host.run / "events.jsonl").unlink()
    host.server.publish(notice(2))
    for path in host.run.iterdir():
        path.unlink()
    host.run.rmdir()
    join(host.closing())


def test_a_disk_that_fails_neither_ends_the_training_nor_shortens_what_was_told(host: Host) -> None:
    viewer = Viewer(host.run)
    host.publish(notice(1))
    end = host.end
    wait_until(lambda: viewer.all(Grown)[-1:] == [Grown(end, 1)])
    moved = host.run.rename(host.run.with_name("moved"))
    host.run.touch()  # nothing below it can be looked at or removed
    host.publish(notice(2))
    late = Peer(moved)
    assert late.hear() == Grown(end, 2)
    late.vanish()
    join(host.closing())
    viewer.join()
    assert {message.end for message in viewer.all(Grown)[1:]} == {end}


def test_a_refusal_reaches_the_client_as_an_error(host: Host) -> None:
    viewer = Viewer(host.run)
    viewer.client._send_line(b"nonsense\n")
    with pytest.raises(WireError, match="cannot be decoded"):
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
