"""A lock whose file is removed, replaced, or another user's."""

import fcntl
import os
import socket
from pathlib import Path

import pytest
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError, TrainingError
from vae_tui.core.live.sockets import listen
from vae_tui.core.protocol.events import Notice
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory, holder, is_locked

NOTICE = Notice(step=0, level="info", text="hello")


def create(path: Path) -> RunDirectory:
    return RunDirectory.create(Config(run=RunConfig(dir=str(path))))


def test_a_writer_takes_a_removed_lock_again_when_it_writes(tmp_path: Path) -> None:
    with create(tmp_path) as run:
        log = RunLog(run)
        (tmp_path / "lock").unlink()
        assert not is_locked(tmp_path)
        log.record(NOTICE)
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(RunError, match=f"in use by process {os.getpid()}"):
            RunDirectory.resume(tmp_path)
        log.close()
    assert not is_locked(tmp_path)


def test_a_writer_that_has_lost_its_lock_writes_nothing_more(tmp_path: Path) -> None:
    with create(tmp_path) as run:
        log = RunLog(run)
        (tmp_path / "lock").unlink()
        with RunDirectory.resume(tmp_path) as second:
            before = run.events_path.read_bytes()
            for _ in range(2):
                with pytest.raises(TrainingError, match=f"lock was removed, and process {os.getpid()} writes to the"):
                    log.record(NOTICE)
            assert run.events_path.read_bytes() == before
            second.keep_lock()
        log.close()


def test_a_run_whose_directory_is_gone_cannot_be_written(tmp_path: Path) -> None:
    with create(tmp_path / "run") as run:
        log = RunLog(run)
        (tmp_path / "run").rename(tmp_path / "moved")
        with pytest.raises(TrainingError, match=r"cannot write to the run directory .*No such file"):
            log.record(NOTICE)
        log.close()


def test_a_run_on_a_lost_disk_cannot_be_written(tmp_path: Path) -> None:
    """A lost disk may have no such folder, or answer with any other error."""
    with create(tmp_path / "disk" / "run") as run:
        log = RunLog(run)
        (tmp_path / "disk").rename(tmp_path / "lost")
        (tmp_path / "disk").touch()
        with pytest.raises(TrainingError, match=r"cannot write to the run directory .*Not a directory"):
            log.record(NOTICE)
        log.close()


def test_a_live_run_without_its_lock_is_in_use(tmp_path: Path) -> None:
    with create(tmp_path), listen(tmp_path):
        (tmp_path / "lock").unlink()
        with pytest.raises(RunError, match="in use by another process"):
            RunDirectory.resume(tmp_path)
        assert not (tmp_path / "lock").exists()
    RunDirectory.resume(tmp_path).close()  # a socket that nobody listens on is no live run


def test_a_live_run_that_accepts_no_more_connections_is_in_use(tmp_path: Path) -> None:
    create(tmp_path).close()
    waiting = []
    with listen(tmp_path) as listener:
        listener.listen(0)
        for _ in range(3):
            waiting.append(socket.socket(socket.AF_UNIX))
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(str(tmp_path / "socket"))
        (tmp_path / "lock").unlink()
        with pytest.raises(RunError, match="in use by another process"):
            RunDirectory.resume(tmp_path)
    for connection in waiting:
        connection.close()


def test_other_users_cannot_open_a_lock(tmp_path: Path) -> None:
    with create(tmp_path):
        assert (tmp_path / "lock").stat().st_mode & 0o077 == 0
    (tmp_path / "lock").chmod(0o644)  # as an older version made it
    with RunDirectory.resume(tmp_path):
        assert (tmp_path / "lock").stat().st_mode & 0o077 == 0


def test_a_reader_that_locks_the_file_does_not_refuse_the_owner(tmp_path: Path) -> None:
    create(tmp_path).close()
    lock = tmp_path / "lock"
    lock.chmod(0o644)
    lock.write_text(f"{2**22 + 1}\n")  # no process has this number
    with open(lock, "rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        with RunDirectory.resume(tmp_path) as run:
            run.keep_lock()
            assert holder(tmp_path) == os.getpid()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write every file")
def test_a_lock_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    create(tmp_path).close()
    (tmp_path / "lock").write_bytes(b"")
    (tmp_path / "lock").chmod(0o444)
    with RunDirectory.resume(tmp_path):
        assert holder(tmp_path) == os.getpid()
