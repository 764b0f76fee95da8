"""Write and read a live run's heartbeat, its lock file's time.

A lock shows that the training process has not ended; only the heartbeat shows that it is not stuck or suspended.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .rundir import lock_path, socket_path

BEAT_SECONDS = 2.0
"""Time between two heartbeats."""

SILENT_SECONDS = 15.0
"""A live run whose last heartbeat is older than this does not respond."""


def beat(run: Path) -> None:
    """Renew the heartbeat of a run. Nothing happens when its lock file is gone."""
    now = time.time()  # the clock of this machine, which `age` reads too; that of the disk may be behind
    with contextlib.suppress(OSError):  # must not end the training: the event log reports a lost disk
        os.utime(lock_path(run), (now, now))


def age(run: Path) -> float | None:
    """Return the seconds since the last heartbeat; None for a run without a socket."""
    try:
        socket_path(run).lstat()
        beaten = lock_path(run).stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - beaten)  # the clock of the run's machine may be ahead


def is_silent(run: Path) -> bool:
    """Return whether a run has a heartbeat, and the last one is older than SILENT_SECONDS."""
    return (age(run) or 0.0) > SILENT_SECONDS
