"""The schedule panel: the whole learning-rate schedule, and where the run is on it."""

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
from ..state import factor
from .cells_panel import CellsPanel

PARTS = 512
"""Parts of the run that a rate is drawn for, at the most."""


class SchedulePanel(CellsPanel):
    """Shows what lies ahead faint, what has been travelled bright, and the present rate in numbers.

    What has been travelled is the rate that the steps were taken with; what lies ahead is scheduled, times the factor.
    Where the two part, dots go on to show what was scheduled.
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
    """The step whose rate is read out; None shows the present one."""
    symbols: reactive[Symbols | None] = reactive[Symbols | None](None, repaint=False)
    """What the curve is drawn with; None for what the terminal can show."""

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
        """Show a schedule: the rates of some steps, by ascending step, of a run of `total_steps`."""
        self._steps, self._rates, self._total_steps = steps, rates, total_steps
        self._phases = phases(steps, rates)
        self.redraw()

    def set_position(self, step: int, rate: float, scale: float) -> None:
        """Show that the run has taken `step` steps and has this rate, which is `scale` times the scheduled one."""
        self._step, self._rate, self._scale = step, rate, scale
        self.redraw()

    def set_cursor(self, step: int | None) -> None:
        """Show the rate of a step, which may be ahead; None: the present one again."""
        self.cursor = step

    def watch_cursor(self) -> None:
        """Read out another step."""
        self.redraw()

    def watch_symbols(self) -> None:
        """Draw with other symbols."""
        self.redraw()

    def make_styles(self) -> Sequence[Style]:
        """The styles of `ScheduleInk`."""
        names = [f"schedule--{ink.name.lower()}" for ink in ScheduleInk if ink != ScheduleInk.TEXT]
        return [self.rich_style, *(self.get_component_rich_style(name) for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """The numbers on the first line, the curve below it."""
        cells = Cells.blank(height, width)
        if not len(self._steps):
            cells.write(height // 2, max(0, (width - 12) // 2), "not yet known", ScheduleInk.AXIS)
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
        """The rate that a step was taken with, or will be; of old steps two rates that it was between."""
        (low,), (high,) = self._history.envelope("learning_rate", step, step, 1)
        if np.isnan(high):
            low = high = np.interp(step, self._steps, self._rates) * (self._scale if step > self._step else 1.0)
        return f"{high:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g}..{high:.3g}"

    def _course(self) -> Course:
        """The rates in the middle of equal parts of the run."""
        parts = min(PARTS, self._total_steps)
        steps = (np.arange(parts) + 0.5) * (self._total_steps / parts) + 0.5
        low, high = self._history.envelope("learning_rate", 1, self._total_steps, parts)
        taken = np.isfinite(high)
        planned = np.interp(steps, self._steps, self._rates)
        scaled = planned * np.where(steps > self._step, self._scale, 1.0)
        ahead = self._rates[self._steps > self._step] * self._scale
        peak = max(high[taken].max(initial=0), ahead.max(initial=0), scaled[~taken].max(initial=0))
        return Course(steps, np.where(taken, (low + high) / 2, scaled), planned, float(peak), self._total_steps)
