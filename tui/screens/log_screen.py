"""The full log, with a search and a filter by level."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from ..state import LEVELS, Level, LogBook, count
from ..widgets.log_panel import LogView
from .base import Dialog

PAINT_SECONDS = 0.5

LEVEL_WORDS: dict[Level, str] = {"info": "", "warning": "warnings and errors", "error": "errors only"}


class LogScreen(Dialog[None]):
    """Show every stored log entry and follow new ones.

    The search is incremental, as in `less`: while the user types, the view moves to the newest match, and the arrow
    keys scroll. Enter moves the focus to the log view, where `n` and `N` go from match to match.
    """

    DEFAULT_CSS = """
    LogScreen {
        align: center middle;

        #bottom {
            height: 1;
            layout: horizontal;
            margin-top: 1;
        }
        #search {
            width: 1fr;
            border: none;
            padding: 0;
            height: 1;
            background: transparent;
        }
        #prompt {
            width: auto;
            color: $text-primary;
            text-style: bold;
        }
        #state {
            width: auto;
            padding-left: 2;
            color: $foreground-muted;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Clear the search, or close"),
        Binding("slash", "type", "Search"),
        Binding("q", "dismiss", "Close"),
        Binding("n,enter", "step(-1)", "Older match"),
        Binding("N", "step(1)", "Newer match"),
        Binding("f2,exclamation_mark", "level", "Levels"),
        Binding("up", "lines('scroll', -1)", "Up a line"),
        Binding("down", "lines('scroll', 1)", "Down a line"),
        Binding("pageup", "lines('page', -1)", "Up a page"),
        Binding("pagedown", "lines('page', 1)", "Down a page"),
        Binding("g", "lines('oldest')", "Oldest"),
        Binding("G", "lines('newest')", "Newest"),
    ]

    def __init__(self, book: LogBook) -> None:
        super().__init__()
        self._book = book
        self._lowest: Level = "info"

    def compose(self) -> ComposeResult:
        """Compose the log view above the search field."""
        with Vertical(classes="dialog whole") as box:
            box.border_title = "log"
            yield LogView(self._book)
            with Vertical(id="bottom"):
                yield Static("/", id="prompt")
                yield Input(id="search", placeholder="search", select_on_focus=False)
                yield Static(id="state")

    def on_mount(self) -> None:
        """Focus the search field and start following the log."""
        self.query_one(Input).focus()
        self.set_interval(PAINT_SECONDS, self._paint)
        self._show_state()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while the user types."""
        if not self.is_on_stack:
            return
        self._view.search(event.value)
        self._show_state()

    def on_input_submitted(self) -> None:
        """Move the focus to the log view."""
        if self.is_on_stack:
            self._view.focus()

    def action_back(self) -> None:
        """Clear the search, or close the dialog if the search is empty."""
        field = self.query_one(Input)
        if not field.value:
            self.dismiss()
            return
        field.value = ""
        field.focus()

    def action_type(self) -> None:
        """Focus the search field."""
        self.query_one(Input).focus()

    def action_step(self, direction: int) -> None:
        """Go to the next newer (1) or older (-1) match."""
        self._view.step(direction)
        self._show_state()

    def action_level(self) -> None:
        """Hide the lowest level that is shown; after the last level, show all."""
        self._lowest = LEVELS[(LEVELS.index(self._lowest) + 1) % len(LEVELS)]
        self._view.filter(self._lowest)
        self._show_state()

    async def action_lines(self, action: str, *arguments: int) -> None:
        """Run a scroll action of the log view, wherever the focus is."""
        getattr(self._view, f"action_{action}")(*arguments)
        self._show_state()

    @property
    def _view(self) -> LogView:
        return self.query_one(LogView)

    def _paint(self) -> None:
        if not self.is_on_stack:
            return
        self._view.paint()
        self._show_state()

    def _show_state(self) -> None:
        view, matching = self._view, self._view.matching
        if view.found is not None:
            words = [f"match {count(matching.index(view.found) + 1)} of {count(len(matching))}"]
        else:
            words = ["no match"] if self.query_one(Input).value else [f"{count(len(view.numbers))} entries"]
        words += [LEVEL_WORDS[self._lowest]] if LEVEL_WORDS[self._lowest] else []
        words += [] if view.is_at_end else ["scrolled back"]
        self.query_one("#state", Static).update(", ".join(words))
        field = self.query_one(Input)
        keys = "enter to the matches · arrows scroll · f2" if field.has_focus else "n older · N newer · / search · !"
        self.query_one(".dialog").border_subtitle = f"{keys} levels · esc {'clears' if field.value else 'closes'}"
