"""Draw the chart of a metric by step, with its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....core.history import Mark
from ....core.protocol import Metric
from ..canvas import DOTS, Symbols
from ..cells import Cells
from . import axes
from .axis_frame import draw_rule, draw_step_labels, draw_value_axis, step_ticks
from .curve_data import CurveData, EarlierRun, Points, Samples, number
from .ink import Ink
from .plot import draw_cursor, draw_plot
from .scale import StepScale, ValueScale
from .timeline import draw_marks

_LEFT = 4
"""Columns of a value axis with labels of three characters; for wider labels the metric is sampled again."""

RULE_HEIGHT = 7
"""Minimum lines of a chart whose step axis has a separate line for annotations."""

EXTREMES_HEIGHT = 5
"""Minimum lines of a plot that labels values beyond its value axis; smaller plots show only arrows."""


@dataclass(frozen=True)
class ChartView:
    """The settings shared by all charts of a panel; step ranges include both ends."""

    steps: tuple[int, int]
    """The first and last shown step; the last may be ahead of the run."""
    known: tuple[int, int]
    """The first and last measured step."""
    marks: Sequence[Mark] = ()
    """The annotations of the shown steps."""
    cursor: int | None = None
    log: bool = False
    """Whether the value axis is logarithmic."""
    symbols: Symbols = "braille"
    colors: bool = True
    """Whether colors distinguish the curves."""
    earlier: EarlierRun | None = None
    """The run to draw behind this one, or None."""

    @property
    def unicode(self) -> bool:
        """Return whether the terminal can show more than ASCII."""
        return self.symbols != "ascii"


@dataclass(frozen=True)
class PlotArea:
    """The place of a plot in a picture, in cells."""

    y: int
    x: int
    height: int
    steps: StepScale
    """The step axis, in cells."""

    def has(self, y: int, x: int) -> bool:
        """Return whether a cell of the picture is in the plot."""
        return self.y <= y < self.y + self.height and self.x <= x < self.x + self.steps.width


def draw_chart(
    data: CurveData, metric: Metric, view: ChartView, height: int, width: int, *, step_axis: bool = True
) -> tuple[Cells, PlotArea]:
    """Draw a plot, with its axes if they fit.

    Args:
        data: The curves.
        metric: The metric to draw.
        view: The settings of the panel.
        height: Lines of the chart.
        width: Columns of the chart.
        step_axis: Whether to draw the step axis.

    Returns:
        The cells of the chart, and the place of the plot in them.
    """
    cells = Cells.blank(height, width)
    bottom = 0 if not step_axis or height < 4 or width < 10 else 1 if height < RULE_HEIGHT else 2
    down, across = DOTS[view.symbols]
    points = data.points(metric, *view.steps)
    left = _LEFT if width >= _LEFT + 10 and height >= 3 else 0
    samples = data.samples(metric, *view.steps, (width - left) * across)
    behind = _earlier_samples(view, metric, (width - left) * across)
    scale = _value_range(samples, points, behind, view)
    ticks = (axes.log_ticks if view.log else axes.linear_ticks)(*scale, max(1, height // 3))
    labels = axes.tick_labels(ticks)
    wanted = max(map(len, labels), default=0) + 1
    if left and wanted != left:
        left = wanted if width >= wanted + 10 else 0
        samples = data.samples(metric, *view.steps, (width - left) * across)
        behind = _earlier_samples(view, metric, (width - left) * across)
    place = PlotArea(0, left, height - bottom, StepScale(*view.steps, width - left))
    values = ValueScale(*scale, view.log, place.height * down)
    dots = StepScale(*view.steps, place.steps.width * across)
    plot = draw_plot(samples, points, dots, values, view.symbols, behind=behind, colors=view.colors)
    if view.cursor is not None and view.steps[0] <= view.cursor <= view.steps[1]:
        draw_cursor(plot, place.steps.column(view.cursor), view.symbols)
    if place.height >= EXTREMES_HEIGHT:
        _name_extremes(plot, samples, data, metric, view, scale)
    cells.paste(plot, 0, left)
    if left:
        draw_value_axis(cells, left, values, down, ticks, labels, view.unicode)
    if bottom:
        numbers = step_ticks(place.steps)
        draw_step_labels(cells, height - 1, left, place.steps, numbers)
        if bottom == 2:
            draw_rule(cells, height - 2, left, place.steps, numbers, view.known, view.unicode)
            marks = [mark for mark in view.marks if mark.kind != "best" or metric == "loss"]
            draw_marks(cells, height - 2, left, place.steps, marks, view.unicode)
    return cells, place


def _earlier_samples(view: ChartView, metric: Metric, parts: int) -> Samples | None:
    """Return the curve of the earlier run at the same steps, or None."""
    return None if view.earlier is None else view.earlier.data.samples(metric, *view.steps, parts)


def _value_range(samples: Samples, points: Points, behind: Samples | None, view: ChartView) -> tuple[float, float]:
    inside = points.values[(points.steps >= view.steps[0]) & (points.steps <= view.steps[1])]
    others = [inside] if behind is None else [inside, behind.smoothed]
    return axes.value_range(
        np.concatenate([samples.lows, *others]), np.concatenate([samples.highs, *others]), log=view.log
    )


def _name_extremes(
    plot: Cells, samples: Samples, data: CurveData, metric: Metric, view: ChartView, scale: tuple[float, float]
) -> None:
    """Label the arrows for values beyond the value axis.

    The label has the most extreme value and its step.
    """
    height, width = plot.glyphs.shape
    for y, highest, arrow in ((0, True, "^▲"), (height - 1, False, "v▼")):
        if not (plot.styles[y] == Ink.CLIPPED).any():
            continue
        value = float(np.nanmax(samples.highs) if highest else np.nanmin(samples.lows))
        extreme = data.locate(metric, value, *view.steps, highest=highest)
        exact = extreme.first_step == extreme.last_step
        where = f"at step {extreme.first_step:,}" if exact else f"near step {axes.short(float(extreme.last_step), 3)}"
        text = f"{arrow[view.unicode]} {number(value)} {where} "
        if len(text) <= width:
            column = StepScale(*view.steps, width).column(extreme.first_step)
            plot.write(y, min(column, width - len(text)), text, Ink.CLIPPED)
