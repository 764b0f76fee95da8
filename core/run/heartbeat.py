"""The heartbeat of a live run: the time of its lock file, which the process that serves it renews again and again.

A lock tells that a process has not ended; only a heartbeat tells that it is not stuck or suspended.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .rundir import lock_path, socket_path

BEAT_SECONDS = 2.0
"""Time from one beat to the next."""

SILENT_SECONDS = 15.0
"""A live run whose last beat is longer ago than this does not respond."""


def beat(run: Path) -> None:
    """Tell everybody that the run in this directory is alive. A run whose lock is gone just falls silent."""
    now = time.time()  # of this machine, not of the disk, whose clock may be behind: `age` reads this one
    with contextlib.suppress(OSError):  # no reason to stop training: where the disk is gone, its log says so
        os.utime(lock_path(run), (now, now))


def age(run: Path) -> float | None:
    """Seconds since the last beat; None where no heart beats: in a run that has no socket."""
    try:
        socket_path(run).lstat()
        beaten = lock_path(run).stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - beaten)  # the clock of its machine may be ahead of this one
