"""Draw the axes around a plot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cells import Cells
from .axes import linear_ticks, tick_labels
from .ink import Ink
from .scale import StepScale, ValueScale

_STEP_LABEL = 10
"""Columns per label of the step axis, with the space around it."""


def draw_value_axis(
    cells: Cells,
    x: int,
    scale: ValueScale,
    down: int,
    ticks: Sequence[float],
    labels: Sequence[str],
    unicode: bool,
) -> None:
    """Draw a line, ticks and labels left of a plot.

    Args:
        cells: The picture to draw on.
        x: Column of the plot's first cell; its first line is that of the picture.
        scale: The value axis.
        down: Rows of the scale per cell.
        ticks: Values of the ticks.
        labels: Labels of the ticks.
        unicode: Whether the terminal can show more than ASCII.
    """
    line, tick = "│┤" if unicode else "|+"
    height = scale.height // down
    cells.glyphs[:height, x - 1] = ord(line)
    cells.styles[:height, x - 1] = Ink.AXIS
    rows = (scale.rows(np.array(ticks)) // down).astype(int).tolist()
    for row, label in zip(rows, labels, strict=True):
        if 0 <= row < height:
            cells.write(row, x - 1 - len(label), label + tick, Ink.AXIS)


def step_ticks(scale: StepScale) -> list[int]:
    """Return round step numbers a few columns apart.

    The step before the first is included, unless steps are columns wide.
    """
    first = scale.first if 1 < scale.length <= scale.width // 2 else scale.first - 1
    most = max(1, min(scale.width // _STEP_LABEL, scale.length))
    return [round(tick) for tick in linear_ticks(float(first), float(scale.last), most)]


def draw_rule(
    cells: Cells, y: int, x: int, scale: StepScale, ticks: Sequence[int], known: tuple[int, int], unicode: bool
) -> None:
    """Draw the line under a plot.

    Arrows at its ends show that there are steps beyond them.

    Args:
        cells: The picture to draw on.
        y: Line to draw on.
        x: Column of the plot's left edge.
        scale: The step axis, in cells.
        ticks: Steps of the ticks.
        known: The first and last measured step.
        unicode: Whether the terminal can show more than ASCII.
    """
    line, tick, corner, earlier, later = "─┬└◂▸" if unicode else "-++<>"
    cells.glyphs[y, x : x + scale.width] = ord(line)
    cells.glyphs[y, [x + scale.column(step) for step in ticks]] = ord(tick)
    if x:
        cells.glyphs[y, x - 1] = ord(corner)
    cells.styles[y, max(0, x - 1) : x + scale.width] = Ink.AXIS
    for beyond, column, arrow in (
        (scale.first > known[0], x, earlier),
        (scale.last < known[1], x + scale.width - 1, later),
    ):
        if beyond:
            cells.write(y, column, arrow, Ink.RANGE)


def draw_step_labels(cells: Cells, y: int, x: int, scale: StepScale, ticks: Sequence[int]) -> None:
    """Write step numbers under a plot, without overlaps."""
    labels = tick_labels([float(step) for step in ticks])
    if labels:
        labels[-1] += " steps"
    draw_tick_labels(cells, y, x, scale, ticks, labels)


def draw_tick_labels(
    cells: Cells, y: int, x: int, scale: StepScale, ticks: Sequence[int], labels: Sequence[str]
) -> None:
    """Write the labels of ticks under a plot, without overlaps."""
    end = x + scale.width
    free = 0
    for tick, label in zip(ticks, labels, strict=True):
        start = max(0, min(x + scale.column(tick) - len(label) // 2, end - len(label)))
        if (start > free or start == free == 0) and start + len(label) <= end:
            free = cells.write(y, start, label, Ink.AXIS)
