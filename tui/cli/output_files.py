"""Check and write the output files of a command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import UsageError


def check_output_paths(*paths: Path | None) -> None:
    """Check that files can be written at some paths; None is skipped.

    Raises:
        UsageError: when a path is a folder or read-only, when its folder does not exist, or when two are the same file.
    """
    given = [path for path in paths if path is not None]
    for path in given:
        if [os.path.realpath(other) for other in given].count(os.path.realpath(path)) > 1 and not is_special(path):
            raise UsageError(f"cannot write {path} twice; name a file of its own for each output")
        if path.is_file() and not path.stat().st_mode & 0o222:
            raise UsageError(f"cannot write {path}: it is read-only")
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if not path.parent.is_dir():
            raise UsageError(f"cannot write {path}: there is no folder {path.parent}")


def is_special(path: Path) -> bool:
    """Return whether a path is a device or a pipe, which several outputs may go to."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write a file inside the block. Raises UsageError where the block raises OSError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
