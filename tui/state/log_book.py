"""The entries of the log, and how they look in lines of some width: what the log panel and its full view share."""

from __future__ import annotations

import textwrap
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from .messages import Level, LogLine

MAX_ENTRIES = 5000
"""Entries that are kept; `events.jsonl` has all of them."""

SIGNS: dict[Level, str] = {"info": "", "warning": "! ", "error": "!! "}
"""What stands before an entry, so that its level can be told without colours."""

LEVELS: tuple[Level, ...] = ("info", "warning", "error")
"""From the lowest to the highest."""

STAMP_WIDTH = len("12:34:56 ")

LogStyle = Literal["time", "info", "warning", "error", "match", "found"]
"""What a piece of a line is: the time, text of a level, a match of the search, or the match where it stands."""


class LogBook:
    """The entries, oldest first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, LogLine] = OrderedDict()
        """By their numbers."""
        self._routines: dict[str, int] = {}
        """The number of the newest entry of each routine."""
        self._taken = 0
        self.news = 0
        """Grows with each entry that is not only a newer form of one before it, and when some are gone. A log that
        moves with every epoch cannot be read, and costs a slow link more than all other panels together: it is drawn
        when this grows."""

    def add(self, line: LogLine) -> None:
        """Take an entry in; of those with the same `routine` the newest stays."""
        replaced = self._routines.pop(line.routine, None)
        if replaced is None:
            self.news += 1
        else:
            del self._entries[replaced]
        if line.routine:
            self._routines[line.routine] = self._taken
        self._entries[self._taken] = line
        self._taken += 1
        if len(self._entries) > MAX_ENTRIES:
            _, oldest = self._entries.popitem(last=False)
            self._routines.pop(oldest.routine, None)

    def forget(self, after: float, until: float) -> None:
        """Drop the entries of a time, later than `after` and not than `until` (seconds since 1970)."""
        gone = [number for number, line in self._entries.items() if after < line.time <= until]
        for number in gone:
            line = self._entries.pop(number)
            if self._routines.get(line.routine) == number:
                del self._routines[line.routine]
        self.news += bool(gone)

    def entries(self, lowest: Level = "info", most: int = MAX_ENTRIES) -> list[tuple[int, LogLine]]:
        """The newest `most` entries of a level or above, each with its number, which is never given again."""
        wanted = LEVELS[LEVELS.index(lowest) :]
        newest = islice((entry for entry in reversed(self._entries.items()) if entry[1].level in wanted), most)
        return list(newest)[::-1]

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True)
class LogRow:
    """A line of an entry that is wrapped to some width."""

    number: int
    """That of the entry in the book."""
    lead: str
    """What stands before the text: the time and the level's sign, or as many spaces."""
    text: str
    level: Level
    matches: tuple[slice, ...] = ()
    """Where in the text the search's words are, or parts of them that go on in the next line."""

    def pieces(self, *, is_found: bool = False) -> Iterator[tuple[str, LogStyle]]:
        """The line in pieces; `is_found`: the search stands on this entry."""
        yield self.lead[:STAMP_WIDTH], "time"
        if self.lead[STAMP_WIDTH:]:
            yield self.lead[STAMP_WIDTH:], self.level
        end = 0
        for match in self.matches:
            if match.start > end:
                yield self.text[end : match.start], self.level
            yield self.text[match], "found" if is_found else "match"
            end = match.stop
        if end < len(self.text):
            yield self.text[end:], self.level


def rows_of(number: int, line: LogLine, width: int, search: str = "") -> list[LogRow]:
    """An entry in lines of `width` cells, with its local time before the first and the others indented.

    Args:
        number: The entry's number.
        line: The entry.
        width: Cells of a line; below what eight letters need, the lines are wider.
        search: What to mark in the text.
    """
    text = " ".join(line.text.split())
    lead = datetime.fromtimestamp(line.time).strftime("%H:%M:%S ") + SIGNS[line.level]
    matches = find_all(text, search)
    rows, end = [], 0
    for piece in textwrap.wrap(text, max(8, width - len(lead))) or [""]:
        start = text.index(piece, end)
        end = start + len(piece)
        inside = tuple(
            slice(max(match.start, start) - start, min(match.stop, end) - start)
            for match in matches
            if match.start < end and match.stop > start
        )
        rows.append(LogRow(number, lead if not rows else " " * len(lead), piece, line.level, inside))
    return rows


def find_all(text: str, search: str) -> list[slice]:
    """Where in a text some words are: each place once, without overlaps. Capitals count only where there are any."""
    if search == search.lower():
        folded = text.lower()
        text = folded if len(folded) == len(text) else text
    places, start = [], 0
    while search and (start := text.find(search, start)) >= 0:
        places.append(slice(start, start + len(search)))
        start += len(search)
    return places
