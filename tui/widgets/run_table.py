"""The table of runs: one line a run, of which only the visible ones are drawn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.message import Message

from ...core.library import LibraryRun, SortKey, is_descending
from ...core.protocol import RunState
from ..render.cells import Cells
from ..render.sparkline import sparkline
from ..state import Browsing, PlacedColumn, cut_cells, place_columns, shorten
from .cells_panel import CellsPanel

PLAIN, HEADER, MUTED, NUMBER, CURVE, LIVE, WAITING, TROUBLE = range(8)
"""The styles of the texts; those on the line of the selected run follow, in the same order."""

_WORDS = ("plain", "header", "muted", "number", "curve", "live", "waiting", "trouble")

LEFT = 3
"""Cells before the columns, for the cursor and the marks."""

WHEEL_LINES = 3

_SORTED: dict[str, SortKey] = {"name": "name", "state": "state", "data": "data", "step": "step", "loss": "loss",
    "test": "test", "time": "time", "age": "age", "size": "size"}  # fmt: skip
"""What to sort by after a click on a column's title."""

CURSOR, MARK = "▶>", "●*"
"""Signs of the selected and of the marked runs, in Unicode and ASCII."""

DOWN, UP = "▼v", "▲^"
"""Signs of the order: the largest value first, the smallest value first."""

_WAITING = (RunState.PAUSED, RunState.PREPARING, RunState.COMPILING)
_TROUBLE = (RunState.FAILED, "crashed", "unknown", "not responding")


def list_legend(unicode: bool) -> list[tuple[str, str, str]]:
    """Return each sign of the table with its title and meaning."""
    index = 0 if unicode else 1
    return [
        (CURSOR[index], "Selected run", "The keys act on it"),
        (MARK[index], "Marked run", "To be compared"),
        (DOWN[index], "Order", "The largest value first"),
        (UP[index], "Order", "The smallest value first"),
    ]


class RunTable(CellsPanel, can_focus=True):
    """Show runs as lines of a table, and the selected one below it in full."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"run-table--{word}" for word in (*_WORDS, "cursor")}

    DEFAULT_CSS = """
    RunTable {
        & > .run-table--plain { color: $foreground; }
        & > .run-table--header { color: $text-primary; text-style: bold; }
        & > .run-table--muted { color: $foreground-muted; }
        & > .run-table--number { color: $foreground; }
        & > .run-table--curve { color: $text-primary; }
        & > .run-table--live { color: $text-success; text-style: bold; }
        & > .run-table--waiting { color: $text-warning; }
        & > .run-table--trouble { color: $text-error; }
        & > .run-table--cursor { background: $primary-muted; text-style: bold; }
    }
    """

    class Moved(Message):
        """Posted when the user selected another run by the mouse."""

        def __init__(self, name: str, *, opens: bool) -> None:
            super().__init__()
            self.name = name
            self.opens = opens
            """Whether the run was selected before."""

    class Titled(Message):
        """Posted when the user clicked the title of a column."""

        def __init__(self, key: SortKey) -> None:
            super().__init__()
            self.key: SortKey = key

    def __init__(self) -> None:
        super().__init__()
        self._runs: Sequence[LibraryRun] = ()
        self._browsing = Browsing()
        self._columns: list[PlacedColumn] = []
        """The columns that fit; none before the next frame chooses them for its runs and its size."""
        self._row = 0
        """The selected row."""
        self._top = 0
        """The first visible row."""
        self.empty_text = ""
        """What to show without a run."""

    def show(self, runs: Sequence[LibraryRun], browsing: Browsing) -> None:
        """Show runs; the selected one stays in view."""
        self._runs, self._browsing = runs, browsing
        names = [run.name for run in runs]
        self._row = names.index(browsing.selected) if browsing.selected in names else min(self._row, len(names) - 1)
        self._columns = []
        self.redraw()

    @property
    def selected(self) -> LibraryRun | None:
        """The selected run; None without runs."""
        return self._runs[self._row] if self._runs else None

    @property
    def page(self) -> int:
        """The runs on a page."""
        return max(1, self._lines)

    def run_at(self, rows: int) -> LibraryRun | None:
        """Return the run some rows below (or above) the selected one, or the last one there."""
        return self._runs[max(0, min(len(self._runs) - 1, self._row + rows))] if self._runs else None

    def on_resize(self) -> None:
        """Choose the columns for the new size."""
        self._columns = []
        super().on_resize()

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts, then those on the selected line."""
        styles = [self.get_component_rich_style(f"run-table--{word}") for word in _WORDS]
        styles = [self.rich_style + Style(color=style.color, bold=style.bold) for style in styles]
        cursor = self.get_component_rich_style("run-table--cursor")
        return [*styles, *(style + Style(bgcolor=cursor.bgcolor, bold=True) for style in styles)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the titles, the visible rows, and a line about the selected run."""
        cells = Cells.blank(height, width)
        if not self._runs:
            text = shorten(self.empty_text, width)
            cells.write(height // 2, max(0, (width - len(text)) // 2), text, MUTED)
            return cells
        if not self._columns:
            self._columns = place_columns(self._runs, max(1, width - LEFT), time.time())
        self._draw_titles(cells)
        self._scroll()
        for line in range(min(self._lines, len(self._runs) - self._top)):
            self._draw_run(cells, 1 + line, self._top + line)
        if self._has_detail and self.selected is not None:
            text = cut_cells(detail(self.selected), width - LEFT, unicode=self.terminal.unicode)
            cells.write(height - 1, LEFT, text, MUTED)
        return cells

    @property
    def _has_detail(self) -> bool:
        return self.content_size.height >= 6

    @property
    def _lines(self) -> int:
        """The lines of the rows: without the titles, and without an empty and the last line."""
        return self.content_size.height - 1 - (2 if self._has_detail else 0)

    def _scroll(self) -> None:
        """Move the visible part so that the selected row is in it."""
        last_top = max(0, len(self._runs) - self._lines)
        self._top = max(0, min(self._row, last_top, max(self._top, self._row - self._lines + 1)))

    def _draw_titles(self, cells: Cells) -> None:
        browsing, unicode = self._browsing, self.terminal.unicode
        descends = is_descending(browsing.sort, is_reversed=browsing.is_reversed)
        sign = (DOWN if descends else UP)[0 if unicode else 1]
        for place in self._columns:
            title = place.column.title
            title += sign if _SORTED.get(place.column.name) == browsing.sort else ""
            self._write(cells, 0, place, title, HEADER)

    def _draw_run(self, cells: Cells, y: int, row: int) -> None:
        run, sign = self._runs[row], 0 if self.terminal.unicode else 1
        shift = len(_WORDS) if row == self._row else 0
        cells.styles[y] = shift
        cells.write(y, 0, CURSOR[sign] if row == self._row else " ", shift + HEADER)
        cells.write(y, 1, MARK[sign] if run.name in self._browsing.marked else " ", shift + WAITING)
        now = time.time()
        for place in self._columns:
            name = place.column.name
            if name == "curve":
                losses = [loss for _, loss in run.figures.curve]
                text = sparkline(losses, place.width, unicode=self.terminal.unicode)
            else:
                text = place.column.text(run, now)
            self._write(cells, y, place, text, shift + _style(name, run))

    def _write(self, cells: Cells, y: int, place: PlacedColumn, text: str, style: int) -> None:
        text = shorten(text, place.width)
        x = LEFT + place.x + (place.width - len(text) if place.column.is_number else 0)
        cells.columns(slice(0, LEFT + place.x + place.width)).write(y, x, text, style)

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Select the run under the pointer, open it if it is selected, or sort by the title of a column."""
        x, y = event.screen_x - self.content_region.x, event.screen_y - self.content_region.y
        row = self._top + y - 1
        if y == 0:
            for place in self._columns:
                if place.x <= x - LEFT < place.x + place.width and place.column.name in _SORTED:
                    self.post_message(self.Titled(_SORTED[place.column.name]))
        elif 0 < y <= self._lines and row < len(self._runs):
            self.post_message(self.Moved(self._runs[row].name, opens=row == self._row))

    def on_mouse_scroll_up(self) -> None:
        """Select a run further up."""
        self._step(-WHEEL_LINES)

    def on_mouse_scroll_down(self) -> None:
        """Select a run further down."""
        self._step(WHEEL_LINES)

    def _step(self, rows: int) -> None:
        run = self.run_at(rows)
        if run is not None:
            self.post_message(self.Moved(run.name, opens=False))


def detail(run: LibraryRun) -> str:
    """Return a line about a run: why it cannot be read, or its note and its main settings."""
    if run.summary.problem:
        return run.summary.problem
    settings = run.summary.settings
    words = [run.summary.dataset, run.summary.arch]
    words += [f"lr {settings['optim.learning_rate']:.3g}", f"seed {settings['train.seed']}"]
    best = run.figures.best
    words += [f"best at step {best[0]:,}"] if best else []
    line = " · ".join(words)
    return f"{run.summary.note} · {line}" if run.summary.note else line


def _style(column: str, run: LibraryRun) -> int:
    match column:
        case "state" if run.state in _TROUBLE:
            return TROUBLE
        case "state" if run.state in _WAITING:
            return WAITING
        case "state":
            return LIVE if run.is_live else MUTED
        case "curve":
            return CURVE
        case "loss":
            return NUMBER
        case "name":
            return PLAIN
    return MUTED
