"""The schedule panel: the whole learning-rate schedule, and where the run is on it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Float32, Int32
from rich.style import Style

from ...core.history import History
from ..knobs import factor
from ..render.axes import short
from ..render.canvas import braille, polyline
from ..render.cells import SPACE, Cells
from .panel import CellsPanel

PARTS = 512
"""Parts of the run that a rate is drawn for, at the most."""


class _Ink(IntEnum):
    TEXT = 0
    AHEAD = 1
    DONE = 2
    HERE = 3
    AXIS = 4


class SchedulePanel(CellsPanel):
    """Shows what lies ahead faint, what has been travelled bright, and the present rate in numbers.

    What has been travelled is the rate that the steps were taken with; what lies ahead is scheduled, times the factor.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"schedule--ahead", "schedule--done", "schedule--here", "schedule--axis"}

    DEFAULT_CSS = """
    SchedulePanel {
        & > .schedule--ahead { color: $primary 60%; }
        & > .schedule--done { color: $text-primary; }
        & > .schedule--here { color: $text-warning; text-style: bold; }
        & > .schedule--axis { color: $text-muted; }
    }
    """

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self.border_title = "learning rate"
        self._steps: Int32[np.ndarray, " points"] = np.empty(0, np.int32)
        self._rates: Float32[np.ndarray, " points"] = np.empty(0, np.float32)
        self._total_steps = 0
        self._step = 0
        self._rate = 0.0
        self._scale = 1.0

    def set_schedule(
        self, steps: Int32[np.ndarray, " points"], rates: Float32[np.ndarray, " points"], total_steps: int
    ) -> None:
        """Show a schedule: the rates of some steps, by ascending step, of a run of `total_steps`."""
        self._steps, self._rates, self._total_steps = steps, rates, total_steps
        self.redraw()

    def set_position(self, step: int, rate: float, scale: float) -> None:
        """Show that the run has taken `step` steps and has this rate, which is `scale` times the scheduled one."""
        self._step, self._rate, self._scale = step, rate, scale
        self.redraw()

    def make_styles(self) -> Sequence[Style]:
        """The styles of `_Ink`."""
        names = ("ahead", "done", "here", "axis")
        return [self.rich_style, *(self.get_component_rich_style(f"schedule--{name}") for name in names)]

    def draw(self, height: int, width: int) -> Cells:
        """The numbers on the first line, the curve, and the steps on the last line where there is room."""
        cells = Cells.blank(height, width)
        if not len(self._steps):
            cells.write(height // 2, max(0, (width - 12) // 2), "not yet known", _Ink.AXIS)
            return cells
        steps, rates, peak = self._course()
        x = cells.write(0, 0, f"{self._rate:.3g}", _Ink.HERE)
        if self._scale != 1:
            x = cells.write(0, x + 2, factor(self._scale), _Ink.HERE)
        cells.write(0, x + 2, f"peak {peak:.3g}", _Ink.AXIS)
        bottom = 1 if height >= 5 else 0
        if height > 1:
            cells.paste(self._curve(steps, rates, peak, height - 1 - bottom, width), 1, 0)
        if bottom:
            end = short(float(self._total_steps))
            cells.write(height - 1, 0, "0", _Ink.AXIS)
            cells.write(height - 1, max(2, width - len(end)), end, _Ink.AXIS)
            self._write_peak_step(cells, width - len(end) - 1)
        return cells

    def _write_peak_step(self, cells: Cells, end: int) -> None:
        """Under the axis, where the warm-up ends."""
        height, width = cells.glyphs.shape
        step = int(self._steps[np.argmax(self._rates)])
        text = f"warm-up to {step:,}"
        start = max(2, int(step / self._total_steps * width) - len(text) // 2)
        if step > 1 and start + len(text) < end:
            cells.write(height - 1, start, text, _Ink.AXIS)

    def _course(self) -> tuple[Float[np.ndarray, " parts"], Float[np.ndarray, " parts"], float]:
        """The middle steps of equal parts of the run, their rates, and the highest rate of a step."""
        parts = min(PARTS, self._total_steps)
        steps = (np.arange(parts) + 0.5) * (self._total_steps / parts) + 0.5
        low, high = self._history.envelope("learning_rate", 1, self._total_steps, parts)
        taken = np.isfinite(high)
        planned = np.interp(steps, self._steps, self._rates * np.where(self._steps > self._step, self._scale, 1.0))
        ahead = self._rates[self._steps > self._step] * self._scale
        peak = max(high[taken].max(initial=0), ahead.max(initial=0), planned[~taken].max(initial=0))
        return steps, np.where(taken, (low + high) / 2, planned), float(peak)

    def _curve(
        self,
        steps: Float[np.ndarray, " parts"],
        rates: Float[np.ndarray, " parts"],
        peak: float,
        height: int,
        width: int,
    ) -> Cells:
        """The curve from rate 0 at the bottom to the peak at the top; cells up to the position are bright."""
        unicode = self.terminal.unicode
        across, down = (2, 4) if unicode else (1, 1)
        columns, rows = width * across, height * down
        x = steps / self._total_steps * columns
        y = (1 - rates / (peak or 1.0)) * (rows - 1) + 0.5
        x, y = np.concatenate([[0.0], x, [columns]]), np.concatenate([y[:1], y, y[-1:]])
        dots = polyline(x, y, rows, columns)
        here = min(width - 1, int(self._step / self._total_steps * width))
        inked = dots.reshape(height, down, width, across).any(axis=(1, 3))
        styles = np.where(inked, np.where(np.arange(width) <= here, _Ink.DONE, _Ink.AHEAD), _Ink.TEXT)
        glyphs = np.where(inked, braille(dots) if unicode else ord("."), SPACE)
        if self._step:
            row = int((1 - min(1.0, self._rate / peak if peak else 0.0)) * (rows - 1) + 0.5) // down
            styles[row, here] = _Ink.HERE
            glyphs[row, here] = ord("●" if unicode else "o")
        return Cells(glyphs.astype(np.uint32), styles.astype(np.int32))
