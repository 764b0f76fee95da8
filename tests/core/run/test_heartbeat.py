"""A live run's heart beats where everybody can see it."""

import os
import time
from pathlib import Path

import pytest
from vae_tui.core.config import Config
from vae_tui.core.live.sockets import listen
from vae_tui.core.run.heartbeat import SILENT_SECONDS, age, beat
from vae_tui.core.run.rundir import RunDirectory, is_locked


def test_a_beat_is_seen_as_long_as_the_run_is_served(tmp_path: Path) -> None:
    with RunDirectory.create(Config(), tmp_path) as run, listen(run.path):
        lock = run.path / "lock"
        content = lock.read_bytes()
        os.utime(lock, (0, time.time() - 2 * SILENT_SECONDS))
        silent = age(run.path)
        assert silent is not None
        assert silent > SILENT_SECONDS
        beat(run.path)
        beaten = age(run.path)
        assert beaten is not None
        assert beaten < silent - SILENT_SECONDS
        assert lock.read_bytes() == content
        assert is_locked(run.path)


def test_a_clock_that_is_ahead_is_no_age(tmp_path: Path) -> None:
    with RunDirectory.create(Config(), tmp_path) as run, listen(run.path):
        os.utime(run.path / "lock", (0, time.time() + 1000))
        assert age(run.path) == 0


def test_the_clock_is_that_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunDirectory.create(Config(), tmp_path) as run, listen(run.path):
        now = time.time() + 1000  # the disk's clock is behind
        monkeypatch.setattr(time, "time", lambda: now)
        beat(run.path)
        assert age(run.path) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("missing", ["lock", "socket"])
def test_without_lock_or_socket_no_heart_beats(tmp_path: Path, missing: str) -> None:
    with RunDirectory.create(Config(), tmp_path) as run, listen(run.path):
        (run.path / missing).unlink()
        beat(run.path)
        assert age(run.path) is None
        assert not (run.path / missing).exists()
