"""The process that trains, without a screen: real processes, sockets and signals."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hosted import PATIENCE, Viewer, hosted, is_in_state, records, wait_for
from vae_tui.core.errors import RunError
from vae_tui.core.live.sockets import connect
from vae_tui.core.live.wire import Grown
from vae_tui.core.protocol.commands import Pause, Resume, Stop
from vae_tui.core.protocol.events import Ended, Examples, Failed
from vae_tui.core.run.rundir import RunDirectory, holder, is_locked, last_checkpoint, socket_path
from vae_tui.tui.process.signals import ASK_TO_STOP

pytestmark = pytest.mark.process


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_it_trains_and_serves_as_long_as_a_viewer_is_there(run: Path) -> None:
    with hosted(run, steps=3) as (process, viewer):
        assert holder(run) == process.pid
        viewer.until(Examples)
        wait_for(lambda: is_in_state(run, "finished"))
        second = Viewer(run)
        second.until(Examples)
        viewer.leave()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        second.leave()
        assert process.wait(PATIENCE) == 0
    assert records(run)[-1]["reason"] == "finished"
    assert not is_locked(run)
    assert not socket_path(run).exists()
    with pytest.raises(RunError, match="not live"):
        connect(run)


def test_what_the_user_should_know_of_the_data_set_is_in_the_log(run: Path) -> None:
    (run.parent / "file").touch()
    with hosted(run, "--data.dir", str(run.parent / "file"), data="auto") as (process, _):
        wait_for(lambda: is_in_state(run, "compiling"))
        process.terminate()
        assert process.wait(PATIENCE) == 0
    (note,) = [record["note"] for record in records(run) if record["type"] == "data_ready"]
    assert note.startswith(f"cannot write to {run.parent / 'file'}: training on the 5,000 packaged MNIST digits")


def test_a_viewer_stops_it_and_it_can_be_resumed(run: Path) -> None:
    with hosted(run) as (process, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        viewer.send(Stop())
        ended = viewer.until(Ended)
        assert process.wait(PATIENCE) == 0
    assert ended.reason == "stopped"
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)
    with hosted(run, resume=True, steps=ended.step + 1) as (process, viewer):
        viewer.until(Examples)
        viewer.leave()
        assert process.wait(PATIENCE) == 0
    assert records(run)[-1]["step"] == ended.step + 1


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_a_signal_stops_it_with_a_checkpoint(run: Path, number: signal.Signals) -> None:
    with hosted(run) as (process, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        process.send_signal(signal.SIGHUP)  # means nothing to a process without a terminal
        for command, state in ((Pause(), "paused"), (Resume(), "training")):
            viewer.send(command)
            wait_for(lambda state=state: records(run)[-1].get("state", state) == state)
        process.send_signal(number)
        ended = viewer.until(Ended)
        assert process.wait(PATIENCE) == 0
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)


def test_what_asks_it_to_stop_never_insists(run: Path) -> None:
    """A service manager tells this process and its parent at once, and the parent tells it again, however late."""
    with hosted(run) as (process, viewer):

        def has_ended() -> bool:
            process.send_signal(ASK_TO_STOP)
            return process.poll() is not None

        wait_for(lambda: is_in_state(run, "training"))
        process.send_signal(signal.SIGTERM)
        wait_for(has_ended)
        assert process.returncode == 0
        ended = viewer.until(Ended)
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)
    assert not socket_path(run).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.soak), ASK_TO_STOP])
def test_a_signal_stops_it_before_it_has_begun(run: Path, number: signal.Signals) -> None:
    with hosted(run) as (process, viewer):
        viewer.until(Grown)
        process.send_signal(number)
        viewer.until(Ended)
        assert process.wait(PATIENCE) == 0
    assert not socket_path(run).exists()


def test_signals_at_the_same_time_are_one(run: Path) -> None:
    """A job may be told through its process and its group."""
    with hosted(run) as (process, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        ended = viewer.until(Ended)
        assert process.wait(PATIENCE) == 0
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)


def test_a_signal_ends_it_while_it_compiles(run: Path) -> None:
    with hosted(run) as (process, viewer):
        wait_for(lambda: is_in_state(run, "compiling"))
        process.send_signal(signal.SIGTERM)
        viewer.until(Ended)
        assert process.wait(PATIENCE) == 0
    assert records(run)[-1]["type"] == "ended"


def test_a_new_run_that_is_impossible_is_told_and_removed(run: Path) -> None:
    with hosted(run, "--optim.freeze", "encodre") as (process, viewer):
        failed = viewer.until(Failed)
        viewer.leave()
        assert process.wait(PATIENCE) == 2
        assert process.stderr is not None
        said = process.stderr.read()
    assert failed.usage
    assert "optim.freeze is encodre; it must be a pattern of a parameter's path" in failed.message
    assert said == f"vae-tui: {failed.message}\n"
    assert list(run.parent.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of another process")
def test_a_disk_that_is_full_is_told(run: Path) -> None:
    """The log cannot grow any more: not even its last event can be written."""
    with hosted(run) as (process, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))  # type: ignore[attr-defined]
        failed = viewer.until(Failed)
        viewer.leave()
        assert process.wait(PATIENCE) == 1
        assert process.stderr is not None
        said = process.stderr.read()
    assert "free some space, then resume the run" in failed.message
    assert said.startswith(f"vae-tui: {failed.message}\n")
    assert records(run)[-1]["type"] != "failed"
    RunDirectory.resume(run).close()
