"""Read the lines of a growing file from either end, in bounded memory.

A line is complete when it ends in a newline. The bytes after the last newline may still change; complete lines never
do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

LONGEST = 16 << 20
"""Bytes of a line, at most: many times what a run writes."""

_TOO_LONG = f"it is longer than {LONGEST >> 20} MiB"
_BLOCK = 1 << 16


def end_of_lines(file: BinaryIO) -> int:
    """Return the byte where the last complete line ends; 0 when there is none."""
    newline = rfind(file, b"\n", 0, file.seek(0, os.SEEK_END))
    return 0 if newline is None else newline + 1


def lines(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the complete lines between two bytes, with their newlines.

    Args:
        file: The file.
        start: The first byte of a line.
        end: The byte to stop at.

    Raises:
        ValueError: when a line is longer than LONGEST.
    """
    file.seek(start)
    while start < end:
        line = file.readline(min(LONGEST, end - start))
        if not line.endswith(b"\n"):
            if len(line) == LONGEST:
                raise ValueError(_TOO_LONG)
            return
        yield line
        start += len(line)


def lines_backwards(file: BinaryIO, end: int) -> Iterator[bytes]:
    """Yield the lines before a byte from last to first, without their newlines.

    Args:
        file: The file.
        end: The byte after a complete line.

    Raises:
        ValueError: when a line is longer than LONGEST.
    """
    if end == 0:
        return
    end -= 1
    rest = b""
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        rest, *others = (file.read(end - start) + rest).split(b"\n")
        yield from reversed(others)
        if len(rest) > LONGEST:
            raise ValueError(_TOO_LONG)
        end = start
    yield rest


def line_number(file: BinaryIO, position: int) -> int:
    """Return the number, counted from 1, of the line that begins at a byte."""
    file.seek(0)
    number = 1
    while (left := position - file.tell()) > 0:
        number += file.read(min(_BLOCK, left)).count(b"\n")
    return number


def rfind(file: BinaryIO, wanted: bytes, start: int, end: int) -> int | None:
    """Return the last position of `wanted` in `start` .. `end` - 1, or None."""
    while end - start >= len(wanted):
        first = max(start, end - _BLOCK)
        file.seek(first)
        found = file.read(end - first).rfind(wanted)
        if found >= 0:
            return first + found
        if first == start:
            break
        end = first + len(wanted) - 1  # the match may span two blocks
    return None
