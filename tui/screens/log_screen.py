"""The whole log, with a search and a filter by level."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from ..state import LEVELS, Level, LogBook, count
from ..widgets import LogView
from .base import Dialog

PAINT_SECONDS = 0.5

LEVEL_WORDS: dict[Level, str] = {"info": "", "warning": "warnings and errors", "error": "errors only"}


class LogScreen(Dialog[None]):
    """Shows every entry that is kept, and follows what is added.

    What is typed is searched for at once, as `less` does it: the view stands on the newest match, and the arrows
    scroll. Enter gives the keys to the lines, where `n` and `N` go from match to match.
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
        Binding("up", "lines('scroll', -1)", "Back a line"),
        Binding("down", "lines('scroll', 1)", "On a line"),
        Binding("pageup", "lines('page', -1)", "Back a page"),
        Binding("pagedown", "lines('page', 1)", "On a page"),
        Binding("g", "lines('oldest')", "Oldest"),
        Binding("G", "lines('newest')", "Newest"),
    ]

    def __init__(self, book: LogBook) -> None:
        super().__init__()
        self._book = book
        self._lowest: Level = "info"

    def compose(self) -> ComposeResult:
        """The lines over the search."""
        with Vertical(classes="dialog whole") as box:
            box.border_title = "log"
            yield LogView(self._book)
            with Vertical(id="bottom"):
                yield Static("/", id="prompt")
                yield Input(id="search", placeholder="search", select_on_focus=False)
                yield Static(id="state")

    def on_mount(self) -> None:
        """Follow the run."""
        self.query_one(Input).focus()
        self.set_interval(PAINT_SECONDS, self._paint)
        self._show_state()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while the words are typed."""
        if not self.is_on_stack:
            return
        self._view.search(event.value)
        self._show_state()

    def on_input_submitted(self) -> None:
        """Give the keys to the lines."""
        if self.is_on_stack:
            self._view.focus()

    def action_back(self) -> None:
        """Clear the search, if there is one; else close."""
        field = self.query_one(Input)
        if not field.value:
            self.dismiss()
            return
        field.value = ""
        field.focus()

    def action_type(self) -> None:
        """Type what to search for."""
        self.query_one(Input).focus()

    def action_step(self, direction: int) -> None:
        """Go to the next match that is newer (1) or older (-1)."""
        self._view.step(direction)
        self._show_state()

    def action_level(self) -> None:
        """Leave out the lowest level; after the last one, show all again."""
        self._lowest = LEVELS[(LEVELS.index(self._lowest) + 1) % len(LEVELS)]
        self._view.filter(self._lowest)
        self._show_state()

    async def action_lines(self, action: str, *arguments: int) -> None:
        """Scroll, wherever the keys go."""
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
        keys = "enter to the matches · ↑ ↓ scroll · f2" if field.has_focus else "n older · N newer · / search · !"
        self.query_one(".dialog").border_subtitle = f"{keys} levels · esc {'clears' if field.value else 'closes'}"
