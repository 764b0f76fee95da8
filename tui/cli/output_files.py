"""Check and write the output files of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import UsageError


def check_output_paths(*paths: Path | None) -> None:
    """Check that files can be created at some paths; None is skipped.

    Raises:
        UsageError: when a path is a folder, or its folder does not exist.
    """
    for path in filter(None, paths):
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if not path.parent.is_dir():
            raise UsageError(f"cannot write {path}: there is no folder {path.parent}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write a file inside the block. Raises UsageError where the block raises OSError."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
