"""The list of runs: a table with a filter, an order and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from ...core.comparison import MAX_RUNS
from ...core.library import LibraryRun, RunLibrary, parse_filter
from ...core.run import deleted_runs
from ...core.text import count
from ..control import Action, Keymap, rebind
from ..control.browse_actions import possible_browse_actions, why_not_browse
from ..state import Browsing
from ..widgets.key_footer import KeyFooter
from ..widgets.run_table import RunTable
from .base import SteadyScreen

SMALLEST = 40, 8
"""Columns and lines of the smallest terminal."""


class RunListScreen(SteadyScreen[None]):
    """Show a library of runs; `BrowseScreen` adds what to do with them.

    Args:
        library: The runs; the app reads what changes, and calls `paint`.
        browsing: What to show at first.
        keymap: The keys that the user has given to actions.
    """

    AUTO_FOCUS = "RunTable"

    def __init__(self, library: RunLibrary, browsing: Browsing, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._library = library
        self.browsing = browsing
        self._shown: Sequence[LibraryRun] = ()
        self._fits, self._problem = parse_filter("")
        self._progress = ""
        self._has_deleted = False

    def compose(self) -> ComposeResult:
        """Compose the table above the filter and the line of keys."""
        yield RunTable()
        with Horizontal(id="filter"):
            yield Static("/", id="prompt")
            yield Input(self.browsing.filter_text, placeholder="words, data:mnist, loss<90", select_on_focus=False)
            yield Static(id="state")
        yield Static(id="too-small")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show the runs that are known."""
        self._has_deleted = bool(deleted_runs(self._library.base))
        self._apply_filter(self.browsing.filter_text)

    def on_resize(self, event: events.Resize) -> None:
        """Frame the table where there is room, and say when there is too little."""
        size = self.app.size
        self.set_class(size.width >= 100 and size.height >= 30, "-framed")
        self.set_class(size.width < SMALLEST[0] or size.height < SMALLEST[1], "-tiny")
        self.query_one("#too-small", Static).update(
            f"This terminal has {size.width}x{size.height} cells;\nthe runs need {SMALLEST[0]}x{SMALLEST[1]}."
        )

    def paint(self, progress: str = "") -> None:
        """Show what the library knows now.

        Args:
            progress: How far the reading of the runs is, or empty.
        """
        self._progress = progress
        if not self.is_mounted:
            return
        self._shown = self.browsing.shown(self._library.runs.values(), self._fits)
        table = self._table
        table.empty_text = self._empty_text()
        table.show(self._shown, self.browsing)
        if table.selected is not None and not self.browsing.selected:
            self.browsing = replace(self.browsing, selected=table.selected.name)
        table.border_title = self._title()
        self._show_filter()
        self.query_one(KeyFooter).show(self.actions)

    @property
    def actions(self) -> list[Action]:
        """The actions that do something now."""
        possible = possible_browse_actions(
            self._table.selected,
            marked=len(self._marked),
            is_filtered=bool(self.browsing.filter_text),
            has_deleted=self._has_deleted,
        )
        return rebind(possible, self._keymap)

    @property
    def selected(self) -> LibraryRun | None:
        """The selected run; None without runs."""
        return self._table.selected

    @property
    def _table(self) -> RunTable:
        return self.query_one(RunTable)

    @property
    def _marked(self) -> tuple[str, ...]:
        """The marked runs that are still there."""
        return tuple(name for name in self.browsing.marked if name in self._library.runs)

    def _title(self) -> str:
        shown, known = len(self._shown), len(self._library.runs)
        runs = f"{count(known)} run{'' if known == 1 else 's'}"
        words = [f"{count(shown)} of {runs}" if shown < known else runs]
        words += [f"{len(self._marked)} marked"] if self._marked else []
        words += [self._progress] if self._progress else []
        return Content(" · ".join([*words, f"by {self.browsing.sort}", f"{self._library.base}/"])).markup

    def _empty_text(self) -> str:
        if self._progress:
            return self._progress
        if self._library.runs:
            return "No run fits the filter; esc shows all of them."
        return "There are no runs here; `vae-tui train` starts one."

    def _refresh(self) -> None:
        """Read what an action has changed, and show it."""
        for name in self._library.changed():
            self._library.read(name)
        self._has_deleted = bool(deleted_runs(self._library.base))
        self.paint(self._progress)

    def _possible(self, action_id: str) -> LibraryRun | None:
        """Return the selected run if an action on it is possible; notify the user if not."""
        run = self._table.selected
        reason = why_not_browse(action_id, run, marked=len(self._marked))
        if reason:
            self.notify(reason)
        return None if reason else run

    # -- the filter

    @property
    def _is_typing(self) -> bool:
        """Whether keys go to the filter."""
        return isinstance(self.focused, Input)

    def _apply_filter(self, text: str) -> None:
        self.browsing = replace(self.browsing, filter_text=text.strip())
        self._fits, self._problem = parse_filter(text)
        self.paint(self._progress)

    def _show_filter(self) -> None:
        state = self.query_one("#state", Static)
        self.query_one("#filter").display = self._is_typing or bool(self.browsing.filter_text)
        state.set_class(bool(self._problem), "-problem")
        state.update(
            Content(self._problem or ("enter keeps it · esc shows all" if self._is_typing else "esc shows all"))
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while the user types."""
        if self.is_on_stack:
            self._apply_filter(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter, and go back to the table."""
        self.set_focus(self._table)
        self._show_filter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the filter have the key that would open it."""
        return not (action == "filter" and self._is_typing)

    def action_filter(self) -> None:
        """Show the filter, and take what the user types."""
        self.query_one("#filter").display = True
        self.set_focus(self.query_one(Input))
        self._show_filter()

    def action_clear(self) -> None:
        """Remove the filter; without one, the marks."""
        field = self.query_one(Input)
        if not field.value and not self._is_typing:
            self.browsing = replace(self.browsing, marked=())
        field.value = ""
        self.set_focus(self._table)
        self._apply_filter("")

    # -- the table

    def _select(self, run: LibraryRun | None) -> None:
        if run is not None:
            self.browsing = replace(self.browsing, selected=run.name)
            self.paint(self._progress)

    def action_move(self, rows: int) -> None:
        """Select the run some rows below (or above)."""
        self._select(self._table.run_at(rows))

    def action_page(self, direction: int) -> None:
        """Select a run a page below (1) or above (-1)."""
        self._select(self._table.run_at(direction * self._table.page))

    def action_move_to_end(self, direction: int) -> None:
        """Select the first (-1) or the last (1) run."""
        self._select(self._table.run_at(direction * len(self._shown)))

    def on_run_table_titled(self, event: RunTable.Titled) -> None:
        """Sort by the clicked column; a second click turns the order around."""
        if event.key == self.browsing.sort:
            self.action_reverse()
        else:
            self.browsing = replace(self.browsing, sort=event.key, is_reversed=False)
            self.paint(self._progress)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.browsing = self.browsing.next_sort()
        self.paint(self._progress)

    def action_reverse(self) -> None:
        """Turn the order around."""
        self.browsing = replace(self.browsing, is_reversed=not self.browsing.is_reversed)
        self.paint(self._progress)

    def action_mark(self) -> None:
        """Mark the selected run, or remove its mark; go on to the next run."""
        run = self._possible("mark")
        if run is None:
            return
        if run.name not in self._marked and len(self._marked) >= MAX_RUNS:
            self.notify(f"{MAX_RUNS} runs are marked; no more can be compared at once.")
            return
        self.browsing = replace(self.browsing, marked=self._marked).toggle_mark(run.name)
        self.action_move(1)
