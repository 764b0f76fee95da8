"""Keep the cache of the user's own images below a limit: what was used least recently goes first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

LIMIT = 5_000_000_000  # bytes


def mark_used(path: Path) -> None:
    """Record in a file's modification time that it was used now, if it can be written to."""
    with contextlib.suppress(OSError):
        os.utime(path)


def drop_oldest(folder: Path, limit: int = LIMIT) -> None:
    """Remove the files that were used least recently, as far as all exceed the limit; the newest one stays.

    A process that is reading a removed file reads it to its end, and one that looks for it decodes the images again.
    """
    used: list[tuple[float, int, Path]] = []
    for path in folder.glob("own-*.cache"):
        with contextlib.suppress(OSError):  # another process removed it
            status = path.stat()
            used.append((status.st_mtime, status.st_size, path))
    total = 0
    for number, (_, size, path) in enumerate(sorted(used, reverse=True)):
        total += size
        if number > 0 and total > limit:
            with contextlib.suppress(OSError):
                path.unlink()
