"""Compute and check the SHA-256 of files, and lists in the format of `sha256sum`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..files import write_whole

SUMS = "SHA256SUMS"
"""The file name of the list; `sha256sum --check SHA256SUMS` can check it."""


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_sha256(path: Path, sha256: str) -> bool:
    """Return whether a file exists and its content has this SHA-256."""
    return path.is_file() and file_sha256(path) == sha256


def write_sums(folder: Path) -> None:
    """Write the checksums of a folder's files to a list in the folder."""
    lines = [f"{file_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    write_whole(folder / SUMS, "".join(lines).encode())


def sums_hold(folder: Path) -> bool:
    """Return whether a folder holds exactly the files in its list, with unchanged content."""
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    sums = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    names = {path.name for path in folder.iterdir()} - {SUMS}
    return sums.keys() == names and all(has_sha256(folder / name, sha256) for name, sha256 in sums.items())
