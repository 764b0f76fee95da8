"""Write files so that each is either complete or absent; open only regular files.

A directory that came from elsewhere may hold links to other files, pipes that block, and devices without an end.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # EFBIG: a limit of the process on the size of files


def open_regular(path: Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open a regular file, not a link, a pipe or a device. Return its descriptor.

    Raises:
        OSError: when it cannot be opened, or is something else.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return descriptor


def read_regular(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises:
        OSError: when it cannot be read, is larger, or is a link, a pipe or a device.
    """
    with open(open_regular(path), "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20} MiB", str(path))
    return content


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` only once it is complete.

    The content is written to a temporary file beside `path`, which then replaces `path`.

    Raises:
        OSError: when the file cannot be written; an earlier file at `path` is left unchanged.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)  # left by a killed process of the same id, or a link to another file
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that a user has named for the output of a command.

    It appears only once it is complete, as with `whole_file`. Of a symbolic link the target is written, not the link. A
    device or a pipe is no file that could be replaced: it gets the bytes as they come.

    Raises:
        OSError: when the file cannot be written; an earlier file is left unchanged.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with open(target, "wb") as file:
            yield file
    else:
        with whole_file(target) as file:
            yield file


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        OSError: when the file cannot be written; an earlier file at `path` is left unchanged.
    """
    with whole_file(path) as file:
        file.write(content)


def is_disk_full(error: BaseException) -> bool:
    """Return whether a full disk or quota caused an error.

    Native libraries raise errors of other types, with the text of the system's error in their messages.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    if any(os.strerror(number) in str(error) for number in _FULL):
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and is_disk_full(cause)


def free_bytes(directory: Path) -> int | None:
    """Return the free space for this user on a directory's disk; None where the system does not know it."""
    try:
        usage = shutil.disk_usage(directory)
    except OSError:  # the write that needs the space tells of it
        return None
    return usage.free if usage.total else None


def describe_shortage(directory: Path, purpose: str, needed: int) -> str:
    """Return a sentence about a disk that is full, without a final period.

    Args:
        directory: Where the space is needed.
        purpose: What needs it, such as "a checkpoint".
        needed: How much it needs, in bytes.
    """
    free = free_bytes(directory)
    # A quota may be exhausted on a disk with free space.
    room = f"{megabytes(free)} are free" if free is not None and free < needed else "the disk or a quota is full"
    return f"no space left in {directory}: {purpose} needs about {megabytes(needed)}, and {room}"


def megabytes(size: int) -> str:
    """Return a size in bytes as text."""
    return f"{size / 1e6:.{0 if size >= 9.5e6 or size == 0 else 1}f} MB"
