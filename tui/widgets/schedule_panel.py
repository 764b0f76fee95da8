"""The schedule panel: the learning-rate schedule and the run's position on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int32
from rich.style import Style
from textual.reactive import reactive

from ...core.history import History
from ..render.canvas import Symbols
from ..render.cells import Cells
from ..render.chart import flow
from ..render.chart.phases import Phase, phases
from ..render.chart.schedule_chart import Course, ScheduleInk, draw_schedule
from ..render.hint import write_hint
from ..state import factor
from .cells_panel import CellsPanel

PARTS = 512
"""Maximum number of parts of the run to draw a rate for."""


class SchedulePanel(CellsPanel):
    """Show past, current and future learning rates.

    Past rates are bright, future ones dim, and the current one is a number.

    Past rates are those that the steps were taken with; future rates are the scheduled ones times the current factor.
    Dots show the schedule where the drawn rates differ from it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"schedule--{ink.name.lower()}" for ink in ScheduleInk if ink != ScheduleInk.TEXT
    }

    DEFAULT_CSS = """
    SchedulePanel {
        & > .schedule--ahead { color: $primary 60%; }
        & > .schedule--done { color: $text-primary; }
        & > .schedule--here { color: $text-warning; text-style: bold; }
        & > .schedule--axis { color: $text-muted; }
        & > .schedule--cursor { color: $foreground; text-style: bold; }
    }
    """

    cursor: reactive[int | None] = reactive[int | None](None, repaint=False)
    """The step whose rate is shown; None shows the current rate."""
    symbols: reactive[Symbols | None] = reactive[Symbols | None](None, repaint=False)
    """The symbols of the curve; None chooses by the terminal's capabilities."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self.border_title = "learning rate"
        self._steps: Int32[np.ndarray, " points"] = np.empty(0, np.int32)
        self._rates: Float32[np.ndarray, " points"] = np.empty(0, np.float32)
        self._phases: list[Phase] = []
        self._total_steps = 0
        self._step = 0
        self._rate = 0.0
        self._scale = 1.0

    def set_schedule(
        self, steps: Int32[np.ndarray, " points"], rates: Float32[np.ndarray, " points"], total_steps: int
    ) -> None:
        """Show a schedule.

        Args:
            steps: Steps, ascending.
            rates: The scheduled learning rates of the steps.
            total_steps: Steps of the run.
        """
        self._steps, self._rates, self._total_steps = steps, rates, total_steps
        self._phases = phases(steps, rates)
        self.redraw()

    def set_position(self, step: int, rate: float, scale: float) -> None:
        """Show the run's position.

        Args:
            step: Steps taken.
            rate: The current learning rate.
            scale: The factor on the scheduled rate.
        """
        self._step, self._rate, self._scale = step, rate, scale
        self.redraw()

    def set_cursor(self, step: int | None) -> None:
        """Show the rate of a step; None returns to the current rate."""
        self.cursor = step

    def watch_cursor(self) -> None:
        """Show another step's rate."""
        self.redraw()

    def watch_symbols(self) -> None:
        """Draw with other symbols."""
        self.redraw()

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of `ScheduleInk`."""
        names = [f"schedule--{ink.name.lower()}" for ink in ScheduleInk if ink != ScheduleInk.TEXT]
        return [self.rich_style, *(self.get_component_rich_style(name) for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the numbers on the first line and the curve below."""
        cells = Cells.blank(height, width)
        if not len(self._steps):
            write_hint(cells, ("The plan of the learning rate appears here.",), ScheduleInk.AXIS)
            return cells
        course = self._course()
        for line in flow.arrange_items([self._words(course.peak)], width, 1):
            flow.write(cells, 0, line)
        if height > 1:
            picture = draw_schedule(
                course,
                self._phases,
                here=(self._step, self._rate) if self._step else None,
                cursor=self.cursor,
                height=height - 1,
                width=width,
                symbols=self.symbols or ("braille" if self.terminal.unicode else "ascii"),
            )
            cells.paste(picture, 1, 0)
        return cells

    def _words(self, peak: float) -> list[flow.Item]:
        step = self.cursor
        if step is None:
            items = [flow.Item(((f"{self._rate:.3g}", ScheduleInk.HERE),))]
        else:
            items = [
                flow.Item((("step", ScheduleInk.AXIS), (f"{step:,}", ScheduleInk.CURSOR)), 1),
                flow.Item((("rate", ScheduleInk.AXIS), (self._rate_of(step), ScheduleInk.TEXT))),
            ]
        if self._scale != 1 and (step is None or step > self._step):
            items.append(flow.Item(((factor(self._scale), ScheduleInk.HERE),), 2))
        return [*items, flow.Item((("peak", ScheduleInk.AXIS), (f"{peak:.3g}", ScheduleInk.AXIS)), 3)]

    def _rate_of(self, step: int) -> str:
        """Return the past or future rate of a step, as text.

        An old step has the range of rates of its block in the history.
        """
        (low,), (high,) = self._history.envelope("learning_rate", step, step, 1)
        if np.isnan(high):
            low = high = np.interp(step, self._steps, self._rates) * (self._scale if step > self._step else 1.0)
        return f"{high:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g}..{high:.3g}"

    def _course(self) -> Course:
        """Return the rates at the middle of equal parts of the run."""
        parts = min(PARTS, self._total_steps)
        steps = (np.arange(parts) + 0.5) * (self._total_steps / parts) + 0.5
        low, high = self._history.envelope("learning_rate", 1, self._total_steps, parts)
        taken = np.isfinite(high)
        planned = np.interp(steps, self._steps, self._rates)
        scaled = planned * np.where(steps > self._step, self._scale, 1.0)
        ahead = self._rates[self._steps > self._step] * self._scale
        peak = max(high[taken].max(initial=0), ahead.max(initial=0), scaled[~taken].max(initial=0))
        return Course(steps, np.where(taken, (low + high) / 2, scaled), planned, float(peak), self._total_steps)
