"""SHA-256 of files, and lists of them in the format of `sha256sum`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..files import write_whole

SUMS = "SHA256SUMS"
"""The list's file name; `sha256sum --check SHA256SUMS` understands it."""


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether there is a file with this content."""
    return path.is_file() and file_sha256(path) == sha256


def write_sums(folder: Path) -> None:
    """List the checksums of a folder's files in it."""
    lines = [f"{file_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    write_whole(folder / SUMS, "".join(lines).encode())


def sums_hold(folder: Path) -> bool:
    """Whether a folder holds the files of its list and no others, each with the content it had."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    sums = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    names = {path.name for path in folder.iterdir()} - {SUMS}
    return sums.keys() == names and all(has_sha256(folder / name, sha256) for name, sha256 in sums.items())
