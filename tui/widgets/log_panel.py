"""The log panel: what happened and when, newest line at the bottom."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from ..render.palette import terse_style
from ..state import MAX_ENTRIES, Level, LogBook, LogLine, LogRow, LogStyle, first_rows, rows_of

PANEL_ENTRIES = 200
"""Entries that the panel shows; the log screen shows all stored entries."""

WHEEL_LINES = 3


class LogView(Widget, can_focus=True):
    """Show log entries, wrapped to the width.

    The view follows the newest entry until the user scrolls back.

    The view implements its own scrolling: Textual's would lay out the whole screen for each new entry.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--time",
        "log--info",
        "log--warning",
        "log--error",
        "log--match",
        "log--found",
    }
    DEFAULT_CSS = """
    LogView {
        height: 1fr;

        & > .log--time { color: $foreground-muted; }
        & > .log--info { color: $foreground; }
        & > .log--warning { color: $text-warning; }
        & > .log--error { color: $text-error; text-style: bold; }
        & > .log--match { color: $text-primary; text-style: underline; }
        & > .log--found { color: $text-primary; text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "Up a line", show=False),
        Binding("down,j", "scroll(1)", "Down a line", show=False),
        Binding("pageup", "page(-1)", "Up a page", show=False),
        Binding("pagedown", "page(1)", "Down a page", show=False),
        Binding("home", "oldest", "Oldest", show=False),
        Binding("end", "newest", "Newest", show=False),
    ]

    def __init__(self, book: LogBook, *, most: int = MAX_ENTRIES) -> None:
        """Make the view.

        Args:
            book: The entries.
            most: Maximum number of entries to show; the newest are shown.
        """
        super().__init__()
        self.book = book
        self.found: int | None = None
        """The number of the current match's entry; None without a match."""
        self._most = most
        self._wrapped: dict[int, list[LogRow]] = {}
        """The rows of each shown entry, by its number."""
        self.rows: list[LogRow] = []
        """The rows of all shown entries, visible or scrolled out."""
        self._revision = 0
        self._top: int | None = None
        """The first visible row; None while following the newest entry."""
        self._lowest: Level = "info"
        self._words = ""
        self._styles: dict[LogStyle, Style] = {}

    @property
    def numbers(self) -> list[int]:
        """The numbers of the shown entries, oldest first."""
        return list(self._wrapped)

    @property
    def matching(self) -> list[int]:
        """The numbers of the shown entries that match the search."""
        return [number for number, rows in self._wrapped.items() if any(row.matches for row in rows)]

    @property
    def is_at_end(self) -> bool:
        """Return whether the view follows the newest entry."""
        return self._top is None

    def paint(self) -> None:
        """Draw the entries added since the last paint."""
        if self.book.revision != self._revision:
            self._lay_out()

    def filter(self, lowest: Level) -> None:
        """Show only the entries of a level and above."""
        self._lowest = lowest
        self._lay_out()

    def search(self, words: str) -> None:
        """Mark all occurrences of a text, and go to the newest matching entry."""
        self._words, self.found = words, None
        self._wrap_anew()
        self.step(-1)

    def step(self, direction: int) -> None:
        """Go to the next newer (`direction` 1) or older (-1) match, wrapping around."""
        matching = self.matching
        if not matching:
            self.found = None
        elif self.found in matching:
            self.found = matching[(matching.index(self.found) + direction) % len(matching)]
        else:
            self.found = matching[-1 if direction < 0 else 0]
        if self.found is not None:
            y = self._first_row_of(self.found)
            if not self._first <= y < self._first + self.size.height:
                self._go_to(y - self.size.height // 2)
        self.refresh()

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows; negative `rows` scroll back."""
        self._go_to(self._first + rows)

    def action_page(self, direction: int) -> None:
        """Scroll by the height of the view less one row."""
        self._go_to(self._first + direction * max(1, self.size.height - 1))

    def action_oldest(self) -> None:
        """Go to the oldest entry."""
        self._go_to(0)

    def action_newest(self) -> None:
        """Go to the newest entry, and follow."""
        self._go_to(self._last_top)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        self.action_scroll(-WHEEL_LINES)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        self.action_scroll(WHEEL_LINES)
        event.stop()

    def on_resize(self) -> None:
        """Wrap the entries to the new width."""
        self._wrap_anew()

    def render_line(self, y: int) -> Strip:
        """Render a visible row."""
        y += self._first
        plain = self._style("info")
        if y >= len(self.rows):
            return Strip.blank(self.size.width, plain)
        row = self.rows[y]
        segments = [Segment(text, self._style(ink)) for text, ink in row.pieces(is_found=row.number == self.found)]
        strip = Strip(segments).adjust_cell_length(self.size.width, plain)
        span = self.text_selection.get_span(y) if self.text_selection else None
        if span is not None:
            start, end = span[0], self.size.width if span[1] < 0 else span[1]
            background = Style(bgcolor=self.screen.get_component_rich_style("screen--selection").bgcolor)
            selected = Segment.apply_style(strip.crop(start, end), post_style=background)
            strip = Strip.join((strip.crop(0, start), Strip(selected), strip.crop(end)))
        return strip.apply_offsets(0, y)  # Textual finds by them what the mouse selects

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """Return the selected text, as its rows are wrapped."""
        return selection.extract("\n".join(row.lead + row.text for row in self.rows)), "\n"

    def notify_style_update(self) -> None:
        """Discard the cached styles after a change of theme."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, ink: LogStyle) -> Style:
        if ink not in self._styles:
            self._styles[ink] = terse_style(self.get_component_rich_style(f"log--{ink}"))
        return self._styles[ink]

    @property
    def _last_top(self) -> int:
        """The first visible row while following: the first row of an entry, if its last row is visible too."""
        top = max(0, len(self.rows) - self.size.height)
        return next((y for y in range(top, len(self.rows)) if y == 0 or self._begins_entry(y)), top)

    def _begins_entry(self, y: int) -> bool:
        return self.rows[y].number != self.rows[y - 1].number

    @property
    def _first(self) -> int:
        """The first visible row."""
        return self._last_top if self._top is None else min(self._top, self._last_top)

    def _first_row_of(self, number: int) -> int:
        """Return the first row of an entry, or of the next one.

        The next entry counts if the entry itself is no longer shown.
        """
        return next((y for y, row in enumerate(self.rows) if row.number >= number), len(self.rows))

    def _go_to(self, top: int) -> None:
        self._top = max(0, top) if top < self._last_top else None
        self.refresh()

    def _rows_of(self, number: int, line: LogLine) -> list[LogRow]:
        """Return the rows of an entry."""
        return rows_of(number, line, self.size.width, self._words)

    def _wrap_anew(self) -> None:
        self._wrapped.clear()
        self._lay_out()

    def _lay_out(self) -> None:
        """Update the rows from the book.

        The visible entries do not move if the user scrolled back.
        """
        held = self.rows[self._first].number if self._top is not None and self.rows else None
        offset = self._first - self._first_row_of(held) if held is not None else 0
        self._revision = self.book.revision
        self._wrapped = {
            number: self._wrapped.get(number) or self._rows_of(number, line)
            for number, line in self.book.entries(self._lowest, self._most)
        }
        if self.found not in self._wrapped:
            self.found = None
        self.rows = list(chain.from_iterable(self._wrapped.values()))
        if held is not None:
            self._go_to(self._first_row_of(held) + offset)
        self.refresh()


class LogPanel(LogView):
    """Show the latest entries, each on at most a third of the lines; own the book of the log."""

    def __init__(self) -> None:
        super().__init__(LogBook(), most=PANEL_ENTRIES)
        self.border_title = "log"

    def add(self, line: LogLine) -> None:
        """Add an entry; the next `paint` shows it."""
        self.book.add(line)

    def _rows_of(self, number: int, line: LogLine) -> list[LogRow]:
        return first_rows(number, line, max(1, self.size.height // 3), self.size.width, self._words)
