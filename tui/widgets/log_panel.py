"""The event log: what happened and when, newest line at the bottom."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from ..render.palette import terse_style
from ..state import MAX_ENTRIES, Level, LogBook, LogLine, LogRow, LogStyle, rows_of

PANEL_ENTRIES = 200
"""Entries that the panel shows; the full view shows all that are kept."""

WHEEL_LINES = 3


class LogView(Widget, can_focus=True):
    """Entries of a book, wrapped to the width. Follows the newest one, until someone scrolls back.

    It scrolls by itself: Textual's scrolling would lay the whole screen out with each new entry.
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
        Binding("up,k", "scroll(-1)", "Back a line", show=False),
        Binding("down,j", "scroll(1)", "On a line", show=False),
        Binding("pageup", "page(-1)", "Back a page", show=False),
        Binding("pagedown", "page(1)", "On a page", show=False),
        Binding("home", "oldest", "Oldest", show=False),
        Binding("end", "newest", "Newest", show=False),
    ]

    ALLOW_SELECT = False

    def __init__(self, book: LogBook, *, most: int = MAX_ENTRIES) -> None:
        """Make the view.

        Args:
            book: The entries.
            most: How many entries to show at most, the newest ones.
        """
        super().__init__()
        self.book = book
        self.found: int | None = None
        """The number of the entry on which the search stands."""
        self._most = most
        self._wrapped: dict[int, list[LogRow]] = {}
        """The rows of each shown entry, by its number."""
        self.rows: list[LogRow] = []
        """Everything that is shown, wrapped, in sight or not."""
        self._news = 0
        self._top: int | None = None
        """The first row in sight; None while the newest entry is followed."""
        self._lowest: Level = "info"
        self._words = ""
        self._styles: dict[LogStyle, Style] = {}

    @property
    def numbers(self) -> list[int]:
        """The numbers of the entries that are shown, oldest first."""
        return list(self._wrapped)

    @property
    def matching(self) -> list[int]:
        """The numbers of the shown entries that have the words that are searched for."""
        return [number for number, rows in self._wrapped.items() if any(row.matches for row in rows)]

    @property
    def is_at_end(self) -> bool:
        """Whether the newest entry is in sight, and new ones will be."""
        return self._top is None

    def paint(self) -> None:
        """Draw what was added to the book."""
        if self.book.news != self._news:
            self._lay_out()

    def filter(self, lowest: Level) -> None:
        """Show only the entries of this level and above."""
        self._lowest = lowest
        self._lay_out()

    def search(self, words: str) -> None:
        """Mark some words wherever they are, and stand on the newest entry that has them."""
        self._words, self.found = words, None
        self._wrap_anew()
        self.step(-1)

    def step(self, direction: int) -> None:
        """Stand on the next match that is newer (`direction` 1) or older (-1), round and round."""
        matching = self.matching
        if not matching:
            self.found = None
        elif self.found in matching:
            self.found = matching[(matching.index(self.found) + direction) % len(matching)]
        else:
            self.found = matching[-1 if direction < 0 else 0]
        if self.found is not None:
            y = self._row_of(self.found)
            if not self._first <= y < self._first + self.size.height:
                self._go_to(y - self.size.height // 2)
        self.refresh()

    def action_scroll(self, rows: int) -> None:
        """Scroll on (or back: negative)."""
        self._go_to(self._first + rows)

    def action_page(self, direction: int) -> None:
        """Scroll by what is in sight, less a line that stays."""
        self._go_to(self._first + direction * max(1, self.size.height - 1))

    def action_oldest(self) -> None:
        """Go to the first entry."""
        self._go_to(0)

    def action_newest(self) -> None:
        """Go to the last entry, and follow."""
        self._go_to(self._last_top)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        self.action_scroll(-WHEEL_LINES)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on."""
        self.action_scroll(WHEEL_LINES)
        event.stop()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._wrap_anew()

    def render_line(self, y: int) -> Strip:
        """A row of those in sight."""
        y += self._first
        plain = self._style("info")
        if y >= len(self.rows):
            return Strip.blank(self.size.width, plain)
        row = self.rows[y]
        segments = [Segment(text, self._style(ink)) for text, ink in row.pieces(is_found=row.number == self.found)]
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    def notify_style_update(self) -> None:
        """The theme changed: take its colours."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, ink: LogStyle) -> Style:
        if ink not in self._styles:
            self._styles[ink] = terse_style(self.get_component_rich_style(f"log--{ink}"))
        return self._styles[ink]

    @property
    def _last_top(self) -> int:
        return max(0, len(self.rows) - self.size.height)

    @property
    def _first(self) -> int:
        """The first row in sight."""
        return self._last_top if self._top is None else min(self._top, self._last_top)

    def _row_of(self, number: int) -> int:
        """The first row of an entry, or of the one after it where it is gone."""
        return next((y for y, row in enumerate(self.rows) if row.number >= number), len(self.rows))

    def _go_to(self, top: int) -> None:
        self._top = max(0, top) if top < self._last_top else None
        self.refresh()

    def _wrap_anew(self) -> None:
        self._wrapped.clear()
        self._lay_out()

    def _lay_out(self) -> None:
        """Bring the rows up to date with the book, and keep what is in sight there.

        An entry that was replaced by a newer form goes on being shown until something new comes.
        """
        held = self.rows[self._first].number if self._top is not None and self.rows else None
        offset = self._first - self._row_of(held) if held is not None else 0
        self._news = self.book.news
        self._wrapped = {
            number: self._wrapped.get(number) or rows_of(number, line, self.size.width, self._words)
            for number, line in self.book.entries(self._lowest, self._most)
        }
        if self.found not in self._wrapped:
            self.found = None
        self.rows = list(chain.from_iterable(self._wrapped.values()))
        if held is not None:
            self._go_to(self._row_of(held) + offset)
        self.refresh()


class LogPanel(LogView):
    """The latest entries. The panel keeps the book of the log."""

    def __init__(self) -> None:
        super().__init__(LogBook(), most=PANEL_ENTRIES)
        self.border_title = "log"

    def add(self, line: LogLine) -> None:
        """Take an entry in; it is on the screen after the next `paint`."""
        self.book.add(line)
