"""The chart of a metric over the steps: numbers in, cells out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int32, UInt32

from . import axes
from .canvas import bars, braille, polyline
from .cells import SPACE, Cells

RANGE_COLUMNS = 128
"""Columns that the range of the value axis is taken from: it does not depend on the size of the panel."""


class Ink(IntEnum):
    """What a cell of a chart belongs to; the numbers of the styles that a panel gives."""

    BLANK = 0
    AXIS = 1
    ENVELOPE = 2
    CURVE = 3
    MARKS = 4
    BEST = 5
    CLIPPED = 6
    TEXT = 7


@dataclass(frozen=True)
class Samples:
    """A metric thinned out to some columns: where they are (steps), what they span, and its smoothed course."""

    steps: Float[np.ndarray, " columns"]
    lows: Float[np.ndarray, " columns"]
    highs: Float[np.ndarray, " columns"]
    smoothed: Float[np.ndarray, " columns"]


@dataclass(frozen=True)
class Marks:
    """Values measured now and then, by ascending step. `best` is the index of the lowest, None without any."""

    steps: Float[np.ndarray, " marks"]
    values: Float[np.ndarray, " marks"]
    best: int | None


@dataclass(frozen=True)
class Scale:
    """Where steps and values are in a plot of some dots."""

    first_step: float
    last_step: float
    low: float
    high: float
    log: bool
    height: int
    width: int

    def columns(self, steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Steps in dots from the left."""
        return (np.asarray(steps, float) - self.first_step) / (self.last_step - self.first_step) * self.width

    def rows(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Values in dots from the top; outside of the plot they are below 0 or from `height` on."""
        values, low, high = np.asarray(values, float), self.low, self.high
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values, low, high = np.log10(values), np.log10(low), np.log10(high)
        return (high - values) / (high - low) * (self.height - 1) + 0.5


def draw_chart(
    sample: Callable[[int], Samples],
    marks: Marks,
    *,
    first_step: int,
    last_step: int,
    log: bool,
    height: int,
    width: int,
    unicode: bool,
) -> Cells:
    """Draw a plot with its axes, as far as the axes have room.

    Args:
        sample: Thins the metric out to a number of columns, over the steps of the axis.
        marks: Values to join and mark.
        first_step: The axis' left end.
        last_step: Its right end, above the left one.
        log: Whether the value axis is logarithmic.
        height: Cells.
        width: Cells.
        unicode: Draw in Braille dots; without it in ASCII characters.
    """
    cells = Cells.blank(height, width)
    coarse = sample(RANGE_COLUMNS)
    low, high = axes.value_range(
        np.concatenate([coarse.lows, marks.values]), np.concatenate([coarse.highs, marks.values]), log=log
    )
    ticks = (axes.log_ticks if log else axes.linear_ticks)(low, high, max(1, height // 3))
    labels = [axes.short(tick) for tick in ticks]
    left = max(map(len, labels), default=0) + 1
    left = left if width >= left + 10 and height >= 3 else 0
    bottom = 1 if height >= 4 and width >= 10 else 0
    across, down = (2, 4) if unicode else (1, 1)
    plot_height, plot_width = height - bottom, width - left
    scale = Scale(float(first_step), float(last_step), low, high, log, plot_height * down, plot_width * across)
    cells.paste(_plot(sample(scale.width), marks, scale, unicode), 0, left)
    if left:
        _value_axis(cells, scale.rows(np.array(ticks)) // down, labels, plot_height, left, unicode)
    if bottom:
        _step_axis(cells, scale, across, left)
    return cells


def _plot(samples: Samples, marks: Marks, scale: Scale, unicode: bool) -> Cells:
    x = scale.columns(samples.steps)
    inside = (x >= 0) & (x < scale.width)
    columns = x[inside].astype(int)
    tops, bottoms = np.full(scale.width, np.nan), np.full(scale.width, np.nan)
    tops[columns] = scale.rows(samples.highs)[inside]
    bottoms[columns] = scale.rows(samples.lows)[inside]
    envelope = bars(tops, bottoms, scale.height)
    curve = polyline(x, scale.rows(samples.smoothed), scale.height, scale.width)
    mark_x, mark_y = scale.columns(marks.steps), scale.rows(marks.values)
    joined = polyline(mark_x, mark_y, scale.height, scale.width)
    cells = _layers([(envelope, Ink.ENVELOPE), (curve, Ink.CURVE), (joined, Ink.MARKS)], unicode)
    _mark(cells, mark_x, mark_y, marks.best, unicode)
    across = 2 if unicode else 1
    for rows, y, glyph in ((tops < 0, 0, "^"), (bottoms >= scale.height, -1, "v")):
        clipped = np.any(rows.reshape(-1, across), axis=1)
        cells.glyphs[y, clipped] = ord(glyph)
        cells.styles[y, clipped] = Ink.CLIPPED
    return cells


def _layers(layers: Sequence[tuple[Bool[np.ndarray, "height width"], Ink]], unicode: bool) -> Cells:
    """Lay drawings over one another: a cell belongs to the last one that has a dot in it."""
    across, down = (2, 4) if unicode else (1, 1)
    dots = np.zeros_like(layers[0][0])
    height, width = dots.shape[0] // down, dots.shape[1] // across
    styles: Int32[np.ndarray, "height width"] = np.zeros((height, width), np.int32)
    for layer, ink in layers:
        has_dots = layer.reshape(height, down, width, across).any(axis=(1, 3))
        styles[has_dots] = ink
        dots = np.where(has_dots.repeat(down, 0).repeat(across, 1), layer, dots)
    glyphs: UInt32[np.ndarray, "height width"]
    if unicode:
        glyphs = braille(dots)
        glyphs[styles == Ink.BLANK] = SPACE
    else:
        glyphs = np.array([ord(c) for c in " .:*-o^."], np.uint32)[styles]
    return Cells(glyphs, styles)


def _mark(
    cells: Cells, x: Float[np.ndarray, " marks"], y: Float[np.ndarray, " marks"], best: int | None, unicode: bool
) -> None:
    """Put a mark on each point; where they are too dense for that, only on the last and the best."""
    height, width = cells.glyphs.shape
    across, down = (2, 4) if unicode else (1, 1)
    crowded = len(x) > 1 and (x[-1] - x[0]) / across < 3 * (len(x) - 1)
    order = list(range(len(x)))[-1 if crowded else 0 :] + ([best] if best is not None else [])
    for index in order:
        if np.isfinite(y[index]) and 0 <= y[index] < height * down and 0 <= x[index] <= width * across:
            row, column = int(y[index] // down), min(width - 1, int(x[index] // across))
            ink = Ink.BEST if index == best else Ink.MARKS
            cells.glyphs[row, column] = ord(("◆" if ink == Ink.BEST else "●") if unicode else "o")
            cells.styles[row, column] = ink


def _value_axis(
    cells: Cells, rows: Float[np.ndarray, " ticks"], labels: Sequence[str], height: int, left: int, unicode: bool
) -> None:
    line, tick = "│┤" if unicode else "|+"
    for y in range(height):
        cells.write(y, left - 1, line, Ink.AXIS)
    for row, label in zip(rows.astype(int).tolist(), labels, strict=True):
        if 0 <= row < height:
            cells.write(row, 0, label.rjust(left - 1) + tick, Ink.AXIS)


def _step_axis(cells: Cells, scale: Scale, across: int, left: int) -> None:
    """Step numbers under the plot, as many as do not touch."""
    height, width = cells.glyphs.shape
    ticks = axes.linear_ticks(scale.first_step, scale.last_step, max(1, (width - left) // 10))
    labels = [axes.short(tick) + (" steps" if tick == ticks[-1] else "") for tick in ticks]
    free = 0
    for tick, label in zip(ticks, labels, strict=True):
        column = left + int(scale.columns(np.array([tick]))[0] // across)
        start = max(0, min(column - len(label) // 2, width - len(label)))
        if start > free or start == 0:
            free = cells.write(height - 1, start, label, Ink.AXIS)
