"""`vae-tui stop`, with a real trainer at the other end, and with such as do not do what they should."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hosted import LONG, PATIENCE, hosted, is_in_state, small_config, wait_for
from replayed import write_log
from vae_tui.core.errors import RunError, TrainingError, WireError
from vae_tui.core.live.sockets import listen
from vae_tui.core.live.wire import PROTOCOL, Grown, Hello, Refused, Welcome, decode_for_host, encode
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import Ended, Failed
from vae_tui.core.run.rundir import RunDirectory, is_locked, last_checkpoint
from vae_tui.tui.cli import stop as stopping
from vae_tui.tui.cli.stop import stop
from vae_tui.tui.process.exit_codes import INTERRUPTED

Say = Callable[[bytes], None]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


@contextlib.contextmanager
def host_that(run: Path, answer: Callable[[Say], None]) -> Iterator[None]:
    """A process that holds a run, greets a viewer, waits for Stop and answers as it is told to; then it is gone."""

    def serve() -> None:
        connection, _ = listener.accept()
        with held, connection, connection.makefile("rwb") as file:
            assert decode_for_host(file.readline()) == Hello(PROTOCOL, readonly=False)
            assert decode_for_host(file.readline()) == Stop(checkpoint=True)
            file.write(encode(Welcome(PROTOCOL, 1)) + encode(Grown(0, 1)))

            def say(line: bytes) -> None:
                file.write(line)
                file.flush()

            answer(say)

    held = RunDirectory.create(small_config(run, LONG))
    with listen(run) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.process
def test_a_run_is_stopped_with_a_checkpoint(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hosted(run) as (process, _):
        wait_for(lambda: is_in_state(run, "training"))
        assert stop(str(run)) == 0
        assert not is_locked(run), "the next command can have the run"
        assert process.wait(PATIENCE) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"stopping    {run}: writing the final checkpoint"
    assert f"checkpoint  {last_checkpoint(run)}" in said
    assert f"resume      vae-tui train --resume {run}" in said


def test_a_host_that_is_stuck_is_named(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ANSWER_SECONDS", 0.5)
    with hosted(run) as (process, viewer):
        viewer.until(Grown)
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(RunError, match=f"process {process.pid}.* does not answer; `kill {process.pid}` stops it"):
            stop(str(run))


def test_a_run_that_is_just_ending_is_not_live(run: Path) -> None:
    held = RunDirectory.create(small_config(run, LONG))
    exiting = threading.Timer(0.3, held.close)
    exiting.start()
    with pytest.raises(RunError, match="is not live"):
        stop(str(run))
    exiting.join()


def test_the_end_of_a_run_that_lets_nobody_in_any_more_is_in_its_log(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunDirectory.create(small_config(run, LONG)) as directory:
        write_log(directory, [Ended(step=7, reason="finished")])

    def hang_up() -> None:
        listener.accept()[0].close()
        held.close()

    with RunDirectory.resume(run) as held, listen(run) as listener:
        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        assert stop(str(run)) == 0
        thread.join(PATIENCE)
    assert capsys.readouterr().out.startswith(f"run         {run}\n")


def test_a_run_without_a_socket_names_who_holds_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "EXIT_SECONDS", 0.2)
    with (
        RunDirectory.create(small_config(run, LONG)),
        pytest.raises(RunError, match=f"process {os.getpid()}.* has no socket; .*`kill {os.getpid()}` stops the run"),
    ):
        stop(str(run))


def test_a_host_whose_heart_stops_is_not_waited_for(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "POLL_SECONDS", 0.05)
    given_up = threading.Event()

    def hang(say: Say) -> None:
        say(b"")
        os.utime(run / "lock", (0, 0))
        given_up.wait(PATIENCE)

    with host_that(run, hang):
        with pytest.raises(RunError, match="does not answer"):
            stop(str(run))
        given_up.set()


def test_a_host_that_dies_has_written_no_checkpoint(run: Path) -> None:
    with (
        host_that(run, lambda say: None),
        pytest.raises(TrainingError, match="ended before the final checkpoint was written"),
    ):
        stop(str(run))


def test_what_went_wrong_is_told(run: Path) -> None:
    failed = Failed(step=3, message="the disk is full", traceback="Traceback: ...", usage=False)
    with host_that(run, lambda say: say(encode(failed))), pytest.raises(TrainingError, match="the disk is full"):
        stop(str(run))


def test_a_host_that_refuses_says_why(run: Path) -> None:
    with (
        host_that(run, lambda say: say(encode(Refused("another version")))),
        pytest.raises(WireError, match="another version"),
    ):
        stop(str(run))


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """Let ctrl+c interrupt this process, also where a shell has started it in the background and it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_leaves_and_the_run_stops_all_the_same(run: Path) -> None:
    said = io.StringIO()  # unlike capsys, it can be read while another thread writes
    has_left = threading.Event()

    def work(say: Say) -> None:
        say(b"")
        wait_for(lambda: "stopping" in said.getvalue())
        os.kill(os.getpid(), signal.SIGINT)
        has_left.wait(PATIENCE)

    with host_that(run, work), contextlib.redirect_stdout(said):
        assert stop(str(run)) == INTERRUPTED
        has_left.set()
    assert "no longer waiting; the run still stops" in said.getvalue()
