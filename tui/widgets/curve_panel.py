"""The curve panel: metrics by step, with their validation values and a step cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.style import Style
from textual.message import Message
from textual.reactive import reactive

from ...core.history import History
from ...core.protocol import Metric
from ..render.canvas import Symbols
from ..render.cells import Cells
from ..render.chart.chart import ChartView
from ..render.chart.curve_data import CurveData, EarlierRun
from ..render.chart.curve_picture import CURVES, curve_grid, draw_curves
from ..render.chart.ink import Ink
from ..render.chart.readout import NAMES
from ..render.hint import write_hint
from .axis_panel import AxisPanel

CURVE_CHOICES: tuple[Metric | Literal["all"], ...] = (*CURVES, "all")
"""What the panel can show, in the order of the metric key: one metric, or all of them as small multiples."""


class CurvePanel(AxisPanel):
    """Show metrics by step.

    The spread is dim, the smoothed curve bright, and the validation values are joined and marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"curves--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK}

    DEFAULT_CSS = """
    CurvePanel {
        & > .curves--axis { color: $text-muted; }
        & > .curves--envelope { color: $primary 60%; }
        & > .curves--curve { color: $text-primary; }
        & > .curves--points { color: $text-warning; }
        & > .curves--best { color: $text-success; }
        & > .curves--clipped { color: $text-error; }
        & > .curves--text { color: $foreground; }
        & > .curves--cursor { color: $foreground; text-style: bold; }
        & > .curves--event { color: $foreground; }
        & > .curves--alert { color: $text-error; text-style: bold; }
        & > .curves--range { color: $text-warning; }
        & > .curves--earlier { color: $foreground-muted; }
    }
    """

    metric: reactive[Metric | Literal["all"]] = reactive[Metric | Literal["all"]]("loss", repaint=False)
    symbols: reactive[Symbols | None] = reactive[Symbols | None](None, repaint=False)
    """The symbols of the curves; None chooses by the terminal's capabilities."""

    earlier: reactive[EarlierRun | None] = reactive[EarlierRun | None](None, repaint=False)
    """The run to draw behind this one, or None."""

    class CursorMoved(Message):
        """Posted when the cursor moved to another step, or was removed (None)."""

        def __init__(self, step: int | None) -> None:
            super().__init__()
            self.step = step

    def __init__(self, history: History, *, log_scale: bool = False, guide: Sequence[str] = ()) -> None:
        super().__init__(log_scale=log_scale)
        self._guide = guide
        """What to tell the user until the first step."""
        self._history = history
        self._data = CurveData(history)
        self._drawn_version = -1
        self.border_title = self._title()

    # Content

    def repaint(self) -> None:
        """Draw what was added to the history since the last drawing."""
        if self._drawn_version != self._history.version:
            self.cursor = self.cursor  # validate it again: a rewind may have removed its step
            self.redraw()

    def watch_metric(self) -> None:
        """Show another metric."""
        self.redraw()

    def watch_symbols(self) -> None:
        """Draw with other symbols."""
        self.redraw()

    def watch_earlier(self) -> None:
        """Draw with another run behind this one, or without."""
        self.redraw()

    @property
    def _known(self) -> tuple[int, int]:
        return self._history.first_step, self._history.last_step

    @property
    def _span(self) -> tuple[int, int, int | None]:
        """The known steps, and the last step of the run."""
        return *self._known, self._history.final_step

    def _moved(self, position: int | None) -> Message:
        return self.CursorMoved(position)

    # Drawing

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of `Ink`."""
        names = [f"curves--{ink.name.lower()}" for ink in Ink if ink != Ink.BLANK]
        return [self.rich_style, *(self.get_component_rich_style(name) for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the charts below a legend or the values of the cursor's step."""
        self._drawn_version = self._history.version
        if self._history.last_step < self._history.first_step:
            self._places, cells = (), Cells.blank(height, width)
            write_hint(cells, ("The loss curves appear here, from the first step on.", *self._guide), Ink.AXIS)
            return cells
        terminal = self.terminal
        view = ChartView(
            steps=self._shown,
            known=self._known,
            marks=self._history.marks(*self._shown),
            cursor=self.cursor,
            log=self.log_scale,
            symbols=self.symbols or ("braille" if terminal.unicode else "ascii"),
            colors=terminal.colors != "none",
            earlier=self.earlier,
        )
        cells, self._places = draw_curves(self._data, self.metric, view, height, width)
        return cells

    def _title(self) -> str:
        """Return the name of the metric, the shown steps unless they are all, and the scale."""
        _, word, name = NAMES["loss" if self.metric == "all" else self.metric]
        if self.metric == "all":
            width, height = self.content_size
            word = name = "all metrics" if curve_grid(height, width) else f"{name} (all need more room)"
        if self.metric == "all" and self.earlier is not None:  # the small charts have no legend
            name = f"{name}, behind {self.earlier.name}"
        if not self.viewport.is_full:
            first, last = self._shown
            name = f"{word}, steps {first:,}-{last:,}"
        return name + (", log scale" if self.log_scale else "")
