"""The differences panel: the settings in which runs differ, and their results, one column a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style

from ...core.comparison import ComparedRun
from ..render.cells import Cells
from ..render.run_signs import DIFFERENT, LETTERS, PARTLY_DIFFERENT, doubt_sign
from ..state import ComparisonRow, comparison_rows, result_rows, shorten
from ..state.comparison_rows import LOSSES, doubts_of
from .cells_panel import CellsPanel
from .run_styles import run_styles

PLAIN, LABEL, DOUBT, RESULT = range(4)
"""Styles of the texts; the styles of the runs follow."""

RUN = 4

_NARROW = 8
"""Columns of a run up to which the gap after them is a single one."""

_CUT_MIDDLE = 7
"""Columns from which a shortened name keeps its end."""

_WIDEST_LABEL, _WIDEST_COLUMN = 26, 34


def table_layout(labels: Sequence[str], runs: int, width: int) -> tuple[int, int]:
    """Return the columns of the labels, and those of each run with the gap after it."""
    label = min(_WIDEST_LABEL, max(map(len, labels), default=0) + 3, max(8, width // 4))
    return label, max(4, min(_WIDEST_COLUMN, (width - label) // max(1, runs)))


def _room(column: int) -> int:
    """Return the columns of a text in a column, without the gap after it."""
    return column - (1 if column <= _NARROW else 2)


class DifferencesPanel(CellsPanel):
    """Show a table: the settings that differ, then the results.

    Args:
        runs: The runs, in the order of their columns.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"differences--label", "differences--doubt", "differences--result"}

    DEFAULT_CSS = """
    DifferencesPanel {
        & > .differences--label { color: $text-muted; }
        & > .differences--doubt { color: $text-warning; text-style: bold; }
        & > .differences--result { color: $text-primary; }
    }
    """

    def __init__(self, runs: Sequence[ComparedRun]) -> None:
        super().__init__()
        self._runs = runs
        self._rows, equal = comparison_rows(runs)
        self._results = result_rows(runs)
        self._doubts = doubts_of(runs)
        self.border_title = self._title(equal)

    @property
    def wanted(self) -> tuple[int, int]:
        """The lines of the differences, and those of all rows, with the header."""
        return 1 + len(self._rows), 1 + len(self._rows) + len(self._results)

    def repaint(self) -> None:
        """Read the runs again, and draw what changed."""
        self._rows, equal = comparison_rows(self._runs)
        self._results = result_rows(self._runs)
        self._doubts = doubts_of(self._runs)
        self.border_title = self._title(equal)
        self.redraw()

    def _title(self, equal: int) -> str:
        if len(self._runs) == 1:
            return "results"
        return f"settings that differ ({equal} are equal) and results"

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts, then of the runs."""
        names = ("label", "doubt", "result")
        words = [self.get_component_rich_style(f"differences--{name}") for name in names]
        return [self.rich_style, *words, *run_styles(self.rich_style, self.terminal.colors, bold=True)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the header and as many rows as fit; the last line tells of the others."""
        cells = Cells.blank(height, width)
        rows = [*self._rows, *self._results]
        label, column = table_layout([row.label for row in rows], len(self._runs), width)
        unicode = self.terminal.unicode
        for index, (run, found) in enumerate(zip(self._runs, self._doubts, strict=True)):
            x = label + index * column
            sign = doubt_sign(found, unicode=unicode)
            x = cells.write(0, x, LETTERS[index], RUN + index)
            x = cells.write(0, x, sign, DOUBT)
            room = label + index * column + _room(column) - x - 1
            cut = shorten if room >= _CUT_MIDDLE else shorten_tail
            cells.write(0, x + 1, cut(run.name, min(room, width - x - 1)), RUN + index)
        shown = rows if len(rows) < height else rows[: max(0, height - 2)]
        for y, row in enumerate(shown, 1):
            self._draw_row(cells, y, row, (label, column), is_result=y > len(self._rows))
        if len(shown) < len(rows) and height > 1:
            cells.write(height - 1, 2, f"{len(rows) - len(shown)} more rows: tab, z", LABEL)
        self._draw_reasons(cells, 2 + len(rows))
        return cells

    def _draw_reasons(self, cells: Cells, y: int) -> None:
        """Write in full why losses do not compare, from line `y` on, if there is room."""
        height, width = cells.glyphs.shape
        reasons = [(index, found) for index, found in enumerate(self._doubts) if found]
        if y + len(reasons) > height:
            return
        for line, (index, found) in enumerate(reasons, y):
            x = cells.write(line, 2, f"{LETTERS[index]}{doubt_sign(found, unicode=self.terminal.unicode)}", RUN + index)
            cells.write(line, x + 1, shorten_tail(", ".join(doubt.text for doubt in found), width - x - 1), PLAIN)

    def _draw_row(self, cells: Cells, y: int, row: ComparisonRow, layout: tuple[int, int], *, is_result: bool) -> None:
        label, column = layout
        width = cells.glyphs.shape[1]
        if row.extent is not None:
            signs = DIFFERENT if row.extent == "all" else PARTLY_DIFFERENT
            cells.write(y, 0, signs[0 if self.terminal.unicode else 1], DOUBT)
        cells.write(y, 2, shorten(row.label, label - 3), LABEL)
        for index, value in enumerate(row.values):
            x = label + index * column
            same = not is_result and row.label != LOSSES and value == row.values[0] and index > 0
            style = LABEL if same else RESULT if is_result else PLAIN
            cells.write(y, x, shorten_tail(value, min(_room(column), width - x)), style)


def shorten_tail(text: str, width: int) -> str:
    """Cut the end of a text that is wider than `width` cells."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
