"""A lock on a file, held through an open descriptor (flock) and signed by the process that it is held for.

The lock belongs to the open file, not to a process: whoever inherits the descriptor holds it as well, and it is free
as soon as the last of them has closed it, however that comes about.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_WAIT_SECONDS = 1.0  # whoever only looks at the lock (`is_held`) has it for an instant: wait that long
_POLL_SECONDS = 0.02
_SIGNATURE_BYTES = 16  # more than `sign` writes; what else is in the file is not its concern


def acquire(file: Path) -> int | None:
    """Lock a file, which is made if it is missing, and sign it. Programs that are started do not inherit the lock.

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
    """Note this process as the one that the lock is held for. Raises OSError when that cannot be written."""
    os.pwrite(descriptor, f"{os.getpid():<10}\n".encode(), 0)  # always as long: no reader finds half of two numbers


def signature(file: Path) -> int | None:
    """The process that was last noted in a lock's file; None when there is none."""
    try:
        with open(file, "rb") as opened:
            noted, end, _ = opened.read(_SIGNATURE_BYTES).partition(b"\n")
    except OSError:
        return None
    return int(noted) if end and noted.strip().isdigit() else None


def is_held(file: Path) -> bool:
    """Whether a process holds the lock now. A file that cannot be looked at counts as free."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: those who only look do not see each other
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
    except (BlockingIOError, FileNotFoundError):  # held, or removed by the one that held it until now
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
