"""The event log: what happened and when, newest line at the bottom."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from itertools import zip_longest

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ..narration import Level, LogLine

MAX_LINES = 200
"""Lines that are kept on the screen; `events.jsonl` has all of them."""

LEVEL_STYLES: dict[Level, str] = {"info": "$foreground", "warning": "$text-warning", "error": "$text-error"}


class LogPanel(VerticalScroll):
    """The latest entries, wrapped to the panel's width; scrolls back with the mouse, or with the keys when focused."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "log"
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._changed = False

    def compose(self) -> ComposeResult:
        """One block of text."""
        yield Static()

    def on_mount(self) -> None:
        """Follow the newest entry, until someone scrolls back."""
        self.anchor()

    def add(self, line: LogLine) -> None:
        """Take an entry in; it is on the screen after the next `paint`.

        An entry that replaces another waits for the next new one: a log that moves with every epoch cannot be
        read, and costs a slow link more than all other panels together.
        """
        earlier = next(
            (other for other in reversed(self._lines) if line.routine and other.routine == line.routine), None
        )
        if earlier is None:
            self._changed = True
        else:
            self._lines.remove(earlier)
        self._lines.append(line)

    def paint(self) -> None:
        """Draw what was added."""
        if not self._changed:
            return
        self._changed = False
        self.query_one(Static).update(format_lines(self._lines, self.scrollable_content_region.width))

    def on_resize(self) -> None:
        """Wrap anew."""
        self._changed = bool(self._lines)
        self.paint()


def format_lines(lines: Iterable[LogLine], width: int) -> Content:
    """Entries as text of `width` cells, with the local time before each and its further lines indented."""
    rows: list[Content] = []
    for line in lines:
        stamp = datetime.fromtimestamp(line.time).strftime("%H:%M:%S ")
        wrapped = textwrap.wrap(line.text, max(8, width - len(stamp))) or [""]
        for lead, text in zip_longest([stamp], wrapped, fillvalue=" " * len(stamp)):
            rows.append(Content.assemble((lead, "$foreground-muted"), (text, LEVEL_STYLES[line.level])))
    return Content("\n").join(rows)
