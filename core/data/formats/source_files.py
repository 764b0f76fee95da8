"""List and read the files of a source: regular ones only, and links at most once."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from .raw import BadImageError

MAX_FILE_BYTES = 256 << 20
"""Bytes of an image file, at most."""


def walk(folder: Path, above: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield the files below a folder, in the order of their names; hidden ones are left out.

    Links to folders are followed, each folder once, so that a loop of links ends.

    Args:
        folder: The folder.
        above: Folders that are not entered, even through a link.
    """
    seen = {(status.st_dev, status.st_ino) for status in map(os.stat, above)}
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        status = os.stat(current)
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        entries = visible(current)
        yield from (Path(entry.path) for entry in entries if not is_folder(entry))
        waiting += reversed([Path(entry.path) for entry in entries if is_folder(entry)])


def visible(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder, sorted by name, without the hidden ones and those of archivers."""
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith((".", "__"))), key=lambda entry: entry.name
        )


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder or a link to one; a link to itself is not."""
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and Path(entry.path).is_dir())


def with_suffix(paths: Iterable[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Return the paths whose names end with one of the suffixes, in upper or lower case."""
    return [path for path in paths if path.name.lower().endswith(suffixes)]


def read_image_file(path: Path) -> bytes:
    """Return the content of an image file; a link is followed.

    Raises:
        BadImageError: when it is a pipe, a device or too large.
        OSError: when it cannot be read.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise BadImageError("it is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise BadImageError(f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
        return file.read()
