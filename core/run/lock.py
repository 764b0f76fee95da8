"""Lock a file through an open descriptor (flock), and sign it.

The lock belongs to the open file, not to a process: a process that inherits the descriptor holds the lock as well, and
the lock is free as soon as the last process has closed the descriptor or died.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_WAIT_SECONDS = 1.0  # a process that only checks the lock (`is_held`) holds it for an instant: wait that long
_POLL_SECONDS = 0.02
_SIGNATURE_BYTES = 16  # more than `sign` writes; the rest of the file is ignored


def acquire(file: Path) -> int | None:
    """Lock and sign a file, which is created if it is missing.

    Programs that this process executes do not inherit the lock.

    Returns:
        The descriptor that holds the lock, or None when another process has it.

    Raises:
        OSError: when the file cannot be written.
    """
    give_up = time.monotonic() + _WAIT_SECONDS
    while (descriptor := _try_to_acquire(file)) is None:
        if time.monotonic() > give_up:
            return None
        time.sleep(_POLL_SECONDS)
    return descriptor


def sign(descriptor: int) -> None:
    """Write this process's id to the lock. Raises OSError."""
    os.pwrite(descriptor, f"{os.getpid():<10}\n".encode(), 0)  # fixed width: no reader finds a mix of two numbers


def signature(file: Path) -> int | None:
    """Return the process id that last signed a lock's file, or None."""
    try:
        with open(file, "rb") as opened:
            noted, end, _ = opened.read(_SIGNATURE_BYTES).partition(b"\n")
    except OSError:
        return None
    return int(noted) if end and noted.strip().isdigit() else None


def is_held(file: Path) -> bool:
    """Return whether a process holds the lock; unreadable counts as free."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: concurrent checks do not see each other
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _try_to_acquire(file: Path) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), os.stat(file)):
            raise FileNotFoundError(file)
        try:
            sign(descriptor)
        except OSError:
            file.unlink()
            raise
    except (BlockingIOError, FileNotFoundError):  # held, or removed by its last holder just now
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
