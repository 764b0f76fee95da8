"""Draw the inside of a chart: a metric's spread, smoothed curve and validation values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int32

from ..canvas import DOTS, Symbols, bars, glyphs, inked, polyline
from ..cells import SPACE, Cells
from .curve_data import Points, Samples
from .ink import Ink
from .scale import StepScale, ValueScale

_DASH = 4
"""Columns from one gap to the next in a line that coincides with another one."""


def lay(layers: Sequence[tuple[Bool[np.ndarray, "rows columns"], int, str | None]], symbols: Symbols) -> Cells:
    """Stack canvases of dots into cells.

    Each cell shows the last layer that has a dot in it.

    Args:
        layers: For each layer its dots, its style, and a character to fill its cells with instead of dots, or None.
        symbols: The symbols for dots.
    """
    down, across = DOTS[symbols]
    height, width = layers[0][0].shape[0] // down, layers[0][0].shape[1] // across
    styles: Int32[np.ndarray, "height width"] = np.zeros((height, width), np.int32)
    picture = np.full((height, width), SPACE, np.uint32)
    for dots, ink, character in layers:
        has_dots = inked(dots, symbols)
        np.copyto(picture, ord(character) if character else glyphs(dots, symbols), where=has_dots)
        styles[has_dots] = ink
    return Cells(picture, styles)


def characters(symbols: Symbols, *, colors: bool) -> tuple[str | None, str | None, str | None]:
    """Return the characters that replace dots that would look alike.

    They are those of the spread, the smoothed curve and the validation values; None keeps the dots.
    """
    if symbols == "ascii":
        return ":", "*", "-"
    return (None, None, None) if colors else ("░", None, "·")


def draw_plot(
    samples: Samples,
    points: Points,
    steps: StepScale,
    values: ValueScale,
    symbols: Symbols,
    *,
    behind: Samples | None = None,
    colors: bool = True,
) -> Cells:
    """Draw the curves of a plot; validation points get marks of one cell.

    Args:
        samples: The metric.
        points: The validation values.
        steps: The step axis, in dots.
        values: The value axis, in dots.
        symbols: The symbols for dots.
        behind: The metric of another run, whose smoothed curve is dotted; None: there is none.
        colors: Whether colors distinguish the curves; if not, different characters do.
    """
    x, smoothed = steps.columns(samples.steps), values.rows(samples.smoothed)
    lows, highs = values.rows(samples.lows), values.rows(samples.highs)
    tops, bottoms = np.full(steps.width, np.nan), np.full(steps.width, np.nan)
    columns = x.astype(int)
    tops[columns], bottoms[columns] = highs, lows
    envelope = bars(tops, bottoms, values.height)
    if len(x) < steps.width:  # more columns than steps: the raw curve is a line
        envelope |= polyline(x, (lows + highs) / 2, values.height, steps.width)
    point_x, point_y = steps.columns(points.steps), values.rows(points.values)
    curve = polyline(x, smoothed, values.height, steps.width)
    validation = polyline(point_x, point_y, values.height, steps.width)
    spread, course, joined = characters(symbols, colors=colors)
    layers = [(envelope, Ink.ENVELOPE, spread)]
    if behind is not None:
        layers.append((_dotted(behind, steps, values, symbols), Ink.EARLIER, "," if symbols == "ascii" else None))
    layers += [(curve, Ink.CURVE, course), (_dash(validation, curve, symbols), Ink.POINTS, joined)]
    cells = lay(layers, symbols)
    _mark_points(cells, point_x, point_y, points.best, symbols)
    _mark_clipped(cells, tops < 0, bottoms >= values.height, symbols)
    return cells


def _dotted(
    samples: Samples, steps: StepScale, values: ValueScale, symbols: Symbols
) -> Bool[np.ndarray, "rows columns"]:
    """Draw a smoothed curve with gaps of half a period, so that it stays behind the others."""
    line = polyline(steps.columns(samples.steps), values.rows(samples.smoothed), values.height, steps.width)
    return line & (np.arange(steps.width) // DOTS[symbols][1] % 2 == 0)


def _dash(
    line: Bool[np.ndarray, "rows columns"], other: Bool[np.ndarray, "rows columns"], symbols: Symbols
) -> Bool[np.ndarray, "rows columns"]:
    """Leave gaps in a line, in cells that another line is in too, so that both are seen."""
    down, across = DOTS[symbols]
    shared = inked(line, symbols) & inked(other, symbols)
    shared &= np.arange(shared.shape[1]) % _DASH < _DASH // 2
    return line & ~shared.repeat(down, axis=0).repeat(across, axis=1)


def draw_cursor(plot: Cells, column: int, symbols: Symbols) -> None:
    """Draw a thin line in a column, between the spread and the curves."""
    styles = plot.styles[:, column]
    free = (styles == Ink.BLANK) | (styles == Ink.ENVELOPE)
    plot.glyphs[free, column] = ord("|" if symbols == "ascii" else "│")
    styles[free] = Ink.CURSOR


def _mark_points(
    cells: Cells, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], best: int | None, symbols: Symbols
) -> None:
    """Mark each point, or only the last and the best if dense."""
    height, width = cells.glyphs.shape
    down, across = DOTS[symbols]
    inside = (y >= 0) & (y < height * down) & (x >= 0) & (x < width * across)
    shown = np.flatnonzero(inside)
    if not len(shown):
        return
    if len(shown) > 1 and (x[shown[-1]] - x[shown[0]]) / across < 3 * (len(shown) - 1):
        shown = shown[-1:]
    rows, columns = (y[shown] // down).astype(int), (x[shown] // across).astype(int)
    cells.glyphs[rows, columns] = ord("o" if symbols == "ascii" else "●")
    cells.styles[rows, columns] = Ink.POINTS
    if best is not None and inside[best]:
        place = int(y[best] // down), int(x[best] // across)
        cells.glyphs[place] = ord("@" if symbols == "ascii" else "◆")
        cells.styles[place] = Ink.BEST


def _mark_clipped(
    cells: Cells, above: Bool[np.ndarray, " columns"], below: Bool[np.ndarray, " columns"], symbols: Symbols
) -> None:
    """Draw an arrow in each column whose values are beyond an edge."""
    across = DOTS[symbols][1]
    arrows = "^v" if symbols == "ascii" else "▲▼"
    for dots, y, arrow in ((above, 0, arrows[0]), (below, -1, arrows[1])):
        clipped = dots.reshape(-1, across).any(axis=1)
        cells.glyphs[y, clipped] = ord(arrow)
        cells.styles[y, clipped] = Ink.CLIPPED
