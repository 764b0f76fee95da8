"""Hold the lock of a run for its writer, also after its file was removed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ..errors import RunError, TrainingError
from . import lock as locks
from .contents import check_contents, lock_path, socket_path
from .socket_file import is_answered


class WriterLock:
    """The lock of a run, which this process holds until `close`.

    Args:
        run: The run's directory.
        descriptor: The descriptor of its lock.
    """

    def __init__(self, run: Path, descriptor: int) -> None:
        self._run = run
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._checking = threading.Lock()

    @classmethod
    def take(cls, run: Path) -> WriterLock:
        """Take a run's lock, and check what the run's writer will write to.

        Raises:
            RunError: when another process holds the lock, it cannot be written, or the files are not to be written to.
        """
        if is_answered(socket_path(run)):  # its lock file may have been removed
            raise RunError(_in_use(run))
        file = lock_path(run)
        try:
            check_contents(run)
            descriptor = _try_to_acquire(file)
            if descriptor is None and locks.is_of_a_stranger(file):
                file.unlink(missing_ok=True)
                descriptor = locks.acquire(file)
        except OSError as error:
            raise RunError(_unwritable(run, error)) from error
        if descriptor is None:
            raise RunError(_in_use(run))
        return cls(run, descriptor)

    @property
    def has_flock(self) -> bool:
        """Whether the disk supports flock."""
        return locks.has_flock(self._file.fileno())

    def sign(self) -> None:
        """Sign the lock for this process, a fork of the locking one.

        Raises:
            RunError: when the lock cannot be written.
        """
        try:
            locks.sign(self._file.fileno())
        except OSError as error:
            raise RunError(_unwritable(self._run, error)) from error

    def keep(self, wait: float) -> None:
        """Take the lock again if its file was removed, as `RunDirectory.keep_lock` describes."""
        with self._checking:
            file = lock_path(self._run)
            try:
                if locks.is_lock_of(self._file.fileno(), file):
                    return
                descriptor = locks.acquire(file, wait)
            except OSError as error:
                raise TrainingError(_unwritable(self._run, error)) from error
            if descriptor is None:
                raise TrainingError(
                    f"{file} was removed, and {_writer(self._run)} writes to the run now;"
                    " this one has stopped and writes nothing more"
                )
            self._file.close()
            self._file = os.fdopen(descriptor, "rb", buffering=0)

    def close(self) -> None:
        """Release the lock, unless a fork of this process holds it as well."""
        self._file.close()


def _unwritable(run: Path, error: OSError) -> str:
    return f"cannot write to the run directory {run}: {error.strerror}"


def _try_to_acquire(file: Path) -> int | None:
    """Take a lock. Returns None when another process holds it, or another user's file cannot be written."""
    try:
        return locks.acquire(file)
    except PermissionError:
        if not file.exists():
            raise
        return None


def _in_use(run: Path) -> str:
    return f"{run} is in use by {_writer(run)}; stop that process first, or use another run"


def _writer(run: Path) -> str:
    pid = locks.signature(lock_path(run))
    return f"process {pid}" if pid else "another process"
