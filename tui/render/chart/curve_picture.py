"""Draw the curve panel: a legend or readout above the charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ....core.protocol import METRICS, Metric
from ..cells import Cells
from . import flow, multiples
from .chart import ChartView, PlotArea, draw_chart
from .curve_data import CurveData
from .readout import earlier_item, legend, read_out, title
from .timeline import marks_at

CURVES: tuple[Metric, ...] = tuple(metric for metric in METRICS if metric != "learning_rate")
"""The metrics that have a chart here; the learning rate has a panel of its own."""

WORDS_HEIGHT = 5
"""Minimum lines of a panel with a legend or readout."""

TWO_LINES_HEIGHT = 9
"""Minimum lines of a panel whose readout may take two lines."""

ONE_LINE_WIDTH = 104
"""Minimum columns of a panel whose readout takes only one line."""


def draw_curves(
    data: CurveData, metric: Metric | Literal["all"], view: ChartView, height: int, width: int
) -> tuple[Cells, list[PlotArea]]:
    """Draw one metric, or small multiples of all metrics.

    If small multiples do not fit, draw only the loss.

    Args:
        data: The curves.
        metric: The metric to draw, or "all".
        view: The settings of the panel.
        height: Lines of the panel.
        width: Columns of the panel.

    Returns:
        The cells, and the place of each plot in them.
    """
    cells = Cells.blank(height, width)
    shape = curve_grid(height, width) if metric == "all" else None
    top = _reading_lines(height, width)
    if view.cursor is None:
        top = 0 if shape else min(1, top)
    shown: Metric = "loss" if metric == "all" else metric
    if shape:
        rectangles = multiples.places(shape, height - top, width)
        charts = [
            _draw_titled(cells, data, name, view, top, rectangle)
            for name, rectangle in zip(CURVES, rectangles, strict=True)
        ]
    else:
        charts = [_draw(cells, data, shown, view, (top, 0, height - top, width))]
    words = _words(data, shown, view, charts[0]) if top else [[]]
    for y, line in enumerate(flow.arrange_items(words, width, top)):
        flow.write(cells, y, line)
    return cells, charts


def curve_grid(height: int, width: int) -> tuple[int, int] | None:
    """Return the small multiples' rows and columns; None if they do not fit.

    The grid is the same with and without a cursor.
    """
    return multiples.chart_grid(len(CURVES), height - _reading_lines(height, width), width)


def _reading_lines(height: int, width: int) -> int:
    if height < WORDS_HEIGHT:
        return 0
    return 1 if width >= ONE_LINE_WIDTH or height < TWO_LINES_HEIGHT else 2


def _draw(
    cells: Cells,
    data: CurveData,
    metric: Metric,
    view: ChartView,
    rectangle: tuple[int, int, int, int],
    *,
    step_axis: bool = True,
) -> PlotArea:
    y, x, height, width = rectangle
    chart, place = draw_chart(data, metric, view, height, width, step_axis=step_axis)
    cells.paste(chart, y, x)
    return replace(place, y=y + place.y, x=x + place.x)


def _draw_titled(
    cells: Cells, data: CurveData, metric: Metric, view: ChartView, top: int, rectangle: tuple[int, int, int, int]
) -> PlotArea:
    """Draw one of several charts below line `top`, under its title.

    Only the charts at the bottom have a step axis.
    """
    y, x, height, width = rectangle
    for line in flow.arrange_items(title(data, metric, view.symbols, colors=view.colors), width, 1):
        flow.write(cells, top + y, line, x, x + width)
    is_lowest = top + y + height == cells.glyphs.shape[0]
    return _draw(cells, data, metric, view, (top + y + 1, x, height - 1, width), step_axis=is_lowest)


def _words(data: CurveData, metric: Metric, view: ChartView, chart: PlotArea) -> Sequence[Sequence[flow.Item]]:
    """Return the legend, or the readout of the cursor's step in several lengths."""
    earlier = [] if view.earlier is None else [earlier_item(view.earlier, metric, view.cursor, unicode=view.unicode)]
    if view.cursor is None:
        return [[*legend(data, metric, view.symbols, colors=view.colors), *earlier]]
    steps = chart.steps
    inside = steps.first <= view.cursor <= steps.last
    marks = marks_at(view.marks, steps, steps.column(view.cursor)) if inside else []
    return [[*items, *earlier] for items in read_out(data.reading(view.cursor), marks, view.unicode)]
