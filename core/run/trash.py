"""Move runs to a trash, restore them, and empty it.

The trash of a folder of runs is the folder `.trash` in it, so that a run is moved by renaming, whatever its size; the
folder of a sweep has one of its own, which counts as a part of that of the folder above it. The
name of a run in the trash is the time of its deletion in nanoseconds, a hyphen, and its own name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError, UsageError
from ..files import megabytes
from .rundir import RUNS, checkpoint_steps
from .writer_lock import WriterLock

TRASH = ".trash"


@dataclass(frozen=True)
class Deleted:
    """A run in the trash."""

    path: Path
    name: str
    """Its name before it was deleted."""
    time: float
    """When it was deleted, in seconds since 1970."""

    @property
    def origin(self) -> Path:
        """Where it was before it was deleted."""
        return self.path.parent.parent / self.name


def delete_run(run: Path) -> Deleted:
    """Move a run to the trash of its folder, where it takes the same space until the trash is emptied.

    Raises:
        RunError: when a process holds the run, or the folder cannot be written.
    """
    run = Path(os.path.abspath(run))  # "." has a name, too
    lock = WriterLock.take(run)
    try:
        now = time.time_ns()
        target = run.parent / TRASH / f"{now}-{run.name}"
        try:
            target.parent.mkdir(exist_ok=True)
            run.rename(target)
        except OSError as error:
            raise RunError(f"cannot move {run} to {target.parent}: {error.strerror}") from error
    finally:
        lock.close()
    return Deleted(target, run.name, now / 1e9)


def deleted_runs(base: Path = RUNS) -> list[Deleted]:
    """Return the runs in a folder's trash, and in those of its sweeps, the one deleted last at the end."""
    found = [_deleted(path) for trash in (TRASH, f"*/{TRASH}") for path in base.glob(f"{trash}/*-*")]
    return sorted((run for run in found if run is not None), key=lambda run: run.time)


def restore_run(base: Path = RUNS) -> Path:
    """Move the run that was deleted last back to its folder. Return its path.

    Raises:
        UsageError: when the trash is empty, or another run has taken the name.
        RunError: when the folder cannot be written.
    """
    deleted = deleted_runs(base)
    if not deleted:
        raise UsageError(f"the trash of {base.absolute()} is empty")
    last = deleted[-1]
    target = last.origin
    if os.path.lexists(target):
        raise UsageError(f"cannot restore {last.name}: there is another {target}; move that one away first")
    try:
        last.path.rename(target)
    except OSError as error:
        raise RunError(f"cannot move {last.path} to {target}: {error.strerror}") from error
    _remove_empty(last.path.parent)
    return target


def empty_trash(base: Path = RUNS) -> list[Deleted]:
    """Remove the runs in a folder's trash for good. Return them.

    Raises:
        RunError: when one of them cannot be removed.
    """
    deleted = deleted_runs(base)
    for run in deleted:
        try:
            shutil.rmtree(run.path)
        except OSError as error:
            raise RunError(f"cannot remove {error.filename or run.path}: {error.strerror}") from error
    for trash in {run.path.parent for run in deleted}:
        _remove_empty(trash)
    return deleted


def size_of(run: Path) -> int:
    """Return the bytes of the files of a run; links are not followed.

    Files that a live run deletes meanwhile do not count, nor do those that this user may not look at.
    """
    size = 0
    for folder, _, names in os.walk(run):  # passes over such folders
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(folder, name)).st_size
    return size


def describe_contents(run: Path) -> str:
    """Return what a run takes and holds, such as "61 MB, 4 checkpoints"."""
    checkpoints = len(checkpoint_steps(run))
    return f"{megabytes(size_of(run))}, {checkpoints} checkpoint{'' if checkpoints == 1 else 's'}"


def _remove_empty(trash: Path) -> None:
    """Remove a trash, unless there is something in it: a run, or what the user has put there."""
    with contextlib.suppress(OSError):
        trash.rmdir()


def _deleted(path: Path) -> Deleted | None:
    nanoseconds, _, name = path.name.partition("-")
    return Deleted(path, name, int(nanoseconds) / 1e9) if nanoseconds.isdecimal() and name else None
