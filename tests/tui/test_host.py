"""The process that trains: real hosts, sockets and signals."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hosted import LONG, PATIENCE, Viewer, hosted, is_in_state, records, small_config, wait_for
from vae_tui.core.commands import Pause, Resume, Stop
from vae_tui.core.config import Config, DataConfig, RunConfig
from vae_tui.core.errors import RunError
from vae_tui.core.events import Ended, Examples, Failed
from vae_tui.core.live.sockets import connect
from vae_tui.core.rundir import RunDirectory, holder, is_locked, last_checkpoint, socket_path
from vae_tui.tui.terminal import ASK_TO_STOP


def create(path: Path, steps: int) -> RunDirectory:
    return RunDirectory.create(small_config(path, steps))


def test_it_trains_and_serves_as_long_as_a_viewer_is_there(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with hosted(create(run, 3)) as (host, viewer):
        assert holder(run) is not None  # without a gap, whoever of the two holds the lock
        viewer.until(Examples)
        assert holder(run) == host.pid
        wait_for(lambda: is_in_state(run, "finished"))
        second = Viewer(run)
        second.until(Examples)
        viewer.leave()
        with pytest.raises(subprocess.TimeoutExpired):
            host.wait(1)
        second.leave()
        assert host.wait(PATIENCE) == 0
    assert records(run)[-1]["reason"] == "finished"
    assert next(record["note"] for record in records(run) if record["type"] == "data_ready") == "a note"
    assert not is_locked(run)
    assert not socket_path(run).exists()
    with pytest.raises(RunError, match="not live"):
        connect(run)


def test_a_viewer_stops_it_and_it_can_be_resumed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        viewer.send(Stop())
        ended = viewer.until(Ended)
        assert host.wait(PATIENCE) == 0
    assert ended.reason == "stopped"
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)
    config = small_config(run, ended.step + 1)
    again = RunDirectory.resume(run)
    again.configure(config)
    with hosted(again, resume=True) as (host, viewer):
        viewer.until(Examples)
        viewer.leave()
        assert host.wait(PATIENCE) == 0
    assert records(run)[-1]["step"] == ended.step + 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_a_checkpoint(tmp_path: Path, number: signal.Signals) -> None:
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        host.send_signal(signal.SIGHUP)  # means nothing to a process without a terminal
        for command, state in ((Pause(), "paused"), (Resume(), "training")):
            viewer.send(command)
            wait_for(lambda state=state: records(run)[-1].get("state", state) == state)
        host.send_signal(number)
        ended = viewer.until(Ended)
        assert host.wait(PATIENCE) == 0
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)


def test_who_passes_a_signal_on_never_insists(tmp_path: Path) -> None:
    """A service manager tells the host and its parent at once, and the parent tells the host again, however late."""
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        host.send_signal(signal.SIGTERM)
        while host.poll() is None:
            host.send_signal(ASK_TO_STOP)
            time.sleep(0.02)
        assert host.returncode == 0
        ended = viewer.until(Ended)
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)
    assert not (run / "socket").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, ASK_TO_STOP])
def test_a_signal_stops_it_before_it_has_begun(tmp_path: Path, number: signal.Signals) -> None:
    with hosted(create(tmp_path / "run", LONG)) as (host, viewer):
        host.send_signal(number)
        viewer.until(Ended)
        assert host.wait(PATIENCE) == 0
    assert not (tmp_path / "run" / "socket").exists()


def test_signals_at_the_same_time_are_one(tmp_path: Path) -> None:
    """Whoever ends a job may tell its process and its group."""
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        host.send_signal(signal.SIGTERM)
        host.send_signal(signal.SIGINT)
        ended = viewer.until(Ended)
        assert host.wait(PATIENCE) == 0
    assert last_checkpoint(run) == run / "checkpoints" / str(ended.step)


def test_a_signal_ends_it_while_it_compiles(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "compiling"))
        host.send_signal(signal.SIGTERM)
        viewer.until(Ended)
        assert host.wait(PATIENCE) == 0
    assert records(run)[-1]["type"] == "ended"


def test_a_new_run_that_is_impossible_is_told_and_removed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    config = Config(data=DataConfig(name="mnist", dir=str(tmp_path / "file")), run=RunConfig(dir=str(run)))
    (tmp_path / "file").touch()
    with hosted(RunDirectory.create(config)) as (host, viewer):
        failed = viewer.until(Failed)
        viewer.leave()
        assert host.wait(PATIENCE) == 2
    assert failed.usage
    assert "choose another folder with --data.dir" in failed.message
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of another process")
def test_a_disk_that_is_full_is_told_to_its_viewers(tmp_path: Path) -> None:
    """The log cannot grow any more: not even its last event can be written."""
    run = tmp_path / "run"
    with hosted(create(run, LONG)) as (host, viewer):
        wait_for(lambda: is_in_state(run, "training"))
        resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (0, 0))  # type: ignore[attr-defined]
        failed = viewer.until(Failed)
        viewer.leave()
        assert host.wait(PATIENCE) == 1
    assert "make room, then resume the run" in failed.message
    assert records(run)[-1]["type"] != "failed"
    RunDirectory.resume(run).close()


def test_a_run_that_cannot_be_read_is_said_in_the_log(tmp_path: Path) -> None:
    run = create(tmp_path / "run", 3)
    (run.path / "config.json").write_text("{")
    with hosted(run) as (host, _):
        assert host.wait(PATIENCE) == 2
    log = run.log_path.read_text()
    assert "not valid JSON" in log
    assert "Traceback" not in log
