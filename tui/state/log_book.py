"""Hold the log's entries and wrap them to rows."""

from __future__ import annotations

import textwrap
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Literal

from .messages import Level, LogLine
from .text import shorten_end

MAX_ENTRIES = 5000
"""Entries that the book holds, at most; `events.jsonl` has all of them."""

SIGNS: dict[Level, str] = {"info": "", "warning": "! ", "error": "!! "}
"""The prefix of an entry, so that its level is visible without colors."""

LEVELS: tuple[Level, ...] = ("info", "warning", "error")
"""From the lowest to the highest."""

NARROW = 36
"""Cells of a row below which a panel shows the time without seconds."""

LogStyle = Literal["time", "info", "warning", "error", "match", "found"]
"""The kind of a piece of a row: the time, text of a level, a match of the search, or the current match."""


class LogBook:
    """The entries of the log, oldest first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, LogLine] = OrderedDict()
        """The entries by their numbers."""
        self._taken = 0
        self.revision = 0
        """A counter that grows when an entry is added or dropped; the log is redrawn then."""

    def add(self, line: LogLine) -> None:
        """Add an entry; the oldest one makes room if necessary."""
        self._entries[self._taken] = line
        self._taken += 1
        self.revision += 1
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, after: float, until: float) -> None:
        """Drop the entries with a time in (`after`, `until`], in seconds since 1970."""
        gone = [number for number, line in self._entries.items() if after < line.time <= until]
        for number in gone:
            del self._entries[number]
        self.revision += bool(gone)

    def entries(self, lowest: Level = "info", most: int = MAX_ENTRIES) -> list[tuple[int, LogLine]]:
        """Return the newest entries of a level or above, with unique numbers.

        The oldest one comes first.

        Args:
            lowest: The lowest level.
            most: The number of entries, at most.
        """
        wanted = LEVELS[LEVELS.index(lowest) :]
        newest = islice((entry for entry in reversed(self._entries.items()) if entry[1].level in wanted), most)
        return list(newest)[::-1]

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True)
class LogRow:
    """One row of an entry that is wrapped to a width."""

    number: int
    """The entry's number in the book."""
    time: str
    """The local time and a space, or as many spaces."""
    sign: str
    """The level's sign, or as many spaces."""
    text: str
    level: Level
    matches: tuple[slice, ...] = ()
    """The parts of the text that match the search; a match may continue in the next row."""

    @property
    def lead(self) -> str:
        """The text's prefix."""
        return self.time + self.sign

    def pieces(self, *, is_found: bool = False) -> Iterator[tuple[str, LogStyle]]:
        """Yield the row in pieces; `is_found`: this entry is the search's current match."""
        yield self.time, "time"
        if self.sign:
            yield self.sign, self.level
        end = 0
        for match in self.matches:
            if match.start > end:
                yield self.text[end : match.start], self.level
            yield self.text[match], "found" if is_found else "match"
            end = match.stop
        if end < len(self.text):
            yield self.text[end:], self.level


def rows_of(number: int, line: LogLine, width: int, search: str = "", time_format: str = "%H:%M:%S") -> list[LogRow]:
    """Return an entry as rows: the first with its local time, the others indented.

    Args:
        number: The entry's number.
        line: The entry.
        width: Cells of a row; the text gets at least eight of them, even if the row is wider then.
        search: The text to mark.
        time_format: The format of the time, as of `strftime`.
    """
    text = " ".join(line.text.split())
    time, sign = datetime.fromtimestamp(line.time).strftime(f"{time_format} "), SIGNS[line.level]
    matches = find_all(text, search)
    rows, end = [], 0
    for piece in textwrap.wrap(text, max(8, width - len(time) - len(sign))) or [""]:
        start = text.index(piece, end)
        end = start + len(piece)
        inside = tuple(
            slice(max(match.start, start) - start, min(match.stop, end) - start)
            for match in matches
            if match.start < end and match.stop > start
        )
        rows.append(LogRow(number, time, sign, piece, line.level, inside))
        time, sign = " " * len(time), " " * len(sign)
    return rows


def first_rows(number: int, line: LogLine, most: int, width: int, search: str = "") -> list[LogRow]:
    """Return an entry as at most `most` rows: a shorter text, or an ellipsis, replaces what does not fit.

    Args:
        number: The entry's number.
        line: The entry.
        most: The number of rows, at least 1.
        width: Cells of a row.
        search: The text to mark.
    """
    wrap = partial(rows_of, width=width, search=search, time_format="%H:%M" if width < NARROW else "%H:%M:%S")
    rows = wrap(number, line)
    for text in line.shorter:
        if len(rows) > most:
            rows = wrap(number, replace(line, text=text))
    if len(rows) <= most:
        return rows
    *first, last = rows[:most]
    text = " ".join(row.text for row in rows[most - 1 :])
    return [*first, replace(last, text=shorten_end(text, max(8, width - len(last.lead))), matches=())]


def find_all(text: str, search: str) -> list[slice]:
    """Return the non-overlapping matches of a search. It ignores case unless it contains capitals."""
    if search == search.lower():
        folded = text.lower()
        text = folded if len(folded) == len(text) else text
    places, start = [], 0
    while search and (start := text.find(search, start)) >= 0:
        places.append(slice(start, start + len(search)))
        start += len(search)
    return places
