"""Lock a file through an open descriptor (flock), and sign it.

The lock belongs to the open file, not to a process: a process that inherits the descriptor holds the lock as well, and
the lock is free as soon as the last process has closed the descriptor or died.

On a disk without flock, the process that last signed the file holds the lock until it dies.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ..files import open_regular

_WAIT_SECONDS = 1.0  # a process that only checks the lock (`is_held`) holds it for an instant: wait that long
_POLL_SECONDS = 0.02
_SIGNATURE_BYTES = 400  # more than `sign` writes; the rest of the file is ignored
_UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
_CLAIM_SECONDS = 10.0  # a claim is held for an instant; an older one was left by a process that died


def acquire(file: Path, wait: float = _WAIT_SECONDS) -> int | None:
    """Lock and sign a file, which is created if it is missing.

    Programs that this process executes do not inherit the lock. Other users cannot open the file, and so not lock it.

    Args:
        file: The file.
        wait: Seconds to wait for a process that has the lock.

    Returns:
        The descriptor that holds the lock, or None when another process has it.

    Raises:
        OSError: when the file cannot be written.
    """
    give_up = time.monotonic() + wait
    while (descriptor := _try_to_acquire(file)) is None:
        if time.monotonic() > give_up:
            return None
        time.sleep(_POLL_SECONDS)
    return descriptor


def sign(descriptor: int) -> None:
    """Write this process's id, start and machine to the lock. Raises OSError."""
    pid = os.getpid()
    # Fixed width: no reader finds a mix of two numbers.
    os.pwrite(descriptor, f"{pid:<10}\n{_start_of(pid) or 0:<20}\n{socket.gethostname()}\n".encode(), 0)


def signature(file: Path) -> int | None:
    """Return the process id that last signed a lock's file, or None."""
    noted, *rest = _signature_lines(file)
    return int(noted) if rest and noted.strip().isdigit() else None


def has_flock(descriptor: int) -> bool:
    """Return whether the disk of a lock, which this process holds, supports flock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _UNSUPPORTED
    return True


def is_lock_of(descriptor: int, file: Path) -> bool:
    """Return whether a descriptor is that of a lock's file, which may be removed or replaced.

    Raises OSError when the disk is lost.
    """
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(file))
    except FileNotFoundError:
        return False


def is_of_a_stranger(file: Path) -> bool:
    """Return whether a lock that cannot be taken may be another user's, who may only read the run.

    Every user who can open a file can lock it. A lock counts if its file is this user's and closed to others, or if the
    process that signed it is running.
    """
    try:
        found = os.lstat(file)
    except OSError:
        return False
    if found.st_uid == os.geteuid() and not found.st_mode & 0o077:
        return False
    pid = signature(file)
    return pid is None or _start_of(pid) is None


def is_held(file: Path) -> bool:
    """Return whether a process holds the lock; unreadable counts as free."""
    try:
        descriptor = open_regular(file)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: concurrent checks do not see each other
    except BlockingIOError:
        return True
    except OSError as error:
        return error.errno in _UNSUPPORTED and _is_signer_alive(file)
    finally:
        os.close(descriptor)
    return False


def _try_to_acquire(file: Path) -> int | None:
    descriptor = open_regular(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _exclusively(descriptor, file):
            _sign_or_remove(descriptor, file)
    except (BlockingIOError, FileExistsError, FileNotFoundError):  # held, or removed by its last holder just now
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _exclusively(descriptor: int, file: Path) -> Iterator[None]:
    """Lock a file with flock; without flock, let no other process sign it inside the block.

    Raises:
        BlockingIOError: when another process holds the lock.
        FileExistsError: when another process is about to sign the file.
        OSError: when the file cannot be locked.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    else:
        yield
        return
    claim = file.with_name(f"{file.name}.claim")
    with contextlib.suppress(FileNotFoundError):
        if time.time() - claim.stat().st_mtime > _CLAIM_SECONDS:
            claim.unlink()
    claim.touch(exist_ok=False)
    try:
        if _is_signer_alive(file):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(file))
        yield
    finally:
        claim.unlink(missing_ok=True)


def _sign_or_remove(descriptor: int, file: Path) -> None:
    """Sign a lock that this process has just taken; a lock that cannot be signed is removed. Raises OSError."""
    if not is_lock_of(descriptor, file):
        raise FileNotFoundError(file)
    with contextlib.suppress(PermissionError):  # another user's file
        os.fchmod(descriptor, 0o600)
    try:
        sign(descriptor)
    except OSError:
        file.unlink()
        raise


def _is_signer_alive(file: Path) -> bool:
    """Return whether the process that signed a lock lives, as far as this machine can tell."""
    pid, lines = signature(file), _signature_lines(file)
    if pid is None or len(lines) < 3:
        return False
    if lines[2] != socket.gethostname().encode():
        return True  # another machine's process: only the user can tell
    return _start_of(pid) == int(lines[1])


def _signature_lines(file: Path) -> list[bytes]:
    try:
        with open(open_regular(file), "rb") as opened:
            return opened.read(_SIGNATURE_BYTES).split(b"\n")
    except OSError:
        return [b""]


def _start_of(pid: int) -> int | None:
    """Return when a process started, on Linux in clock ticks, elsewhere 0; None when it has ended."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if fields[0] == b"Z" else int(fields[19])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it lives, as another user's process
    return 0
