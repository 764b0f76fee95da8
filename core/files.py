"""Write files so that each is either complete or absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears at `path` only once it is complete.

    The content is written to a temporary file beside `path`, which then replaces `path`.

    Raises:
        OSError: when the file cannot be written; an earlier file at `path` is left unchanged.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
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
