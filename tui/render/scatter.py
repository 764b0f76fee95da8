"""Draw the latent map: points of several classes in a plane, as letters."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int32
from rich.cells import cell_len

from .cells import Cells

TEXT, AXIS, CURSOR, PICKED = range(4)
"""Styles of the texts and marks; the styles of the classes follow."""

CLASSES = 4

WEIGHTS = 3
"""Styles per class, by the number of points in a cell: few, some, many."""

_SOME, _MANY = 0.6, 1.8
"""Minimum points of a cell to count as some or many, relative to the mean of the cells with points."""

_INSIDE = 0.005
"""Fraction of the points that may lie beyond each edge of the range; they are drawn at the edge."""

_MARGIN = 0.05
"""Margin of a new range on either side, as a fraction of the values' span."""

_SLACK = 1.6
"""How many times wider than a new range the shown one may be before it is replaced."""


@dataclass(frozen=True)
class MapRange:
    """The shown part of the plane, with y pointing up."""

    left: float
    right: float
    low: float
    high: float

    def cells(
        self, points: Float[np.ndarray, "n 2"], height: int, width: int
    ) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
        """Return the line and column of each point in a picture.

        Points beyond the edges are put at the edges.
        """
        across = (points[:, 0] - self.left) / (self.right - self.left) * width
        down = (self.high - points[:, 1]) / (self.high - self.low) * height
        return np.clip(down, 0, height - 1).astype(int), np.clip(across, 0, width - 1).astype(int)


def choose_map_range(points: Float[np.ndarray, "n 2"], shown: MapRange | None) -> MapRange:
    """Return a range with round ends that holds nearly all points.

    An axis keeps its shown range while that fits, so that the map stands still while the points move a little.

    Args:
        points: The points, as (x, y).
        shown: The range on the screen, if any.
    """
    old = ((shown.left, shown.right), (shown.low, shown.high)) if shown else (None, None)
    (left, right), (low, high) = (_choose_range(points[:, axis], old[axis]) for axis in range(2))
    return MapRange(left, right, low, high)


def _choose_range(values: Float[np.ndarray, " n"], shown: tuple[float, float] | None) -> tuple[float, float]:
    low, high = np.quantile(values, [_INSIDE, 1 - _INSIDE]).tolist() if len(values) else (-1.0, 1.0)
    if not high - low > 1e-6 * max(abs(low), abs(high), 1e-6):
        low, high = low - 1, high + 1
    step = _round_step((high - low) / 16)
    margin = _MARGIN * (high - low)
    wanted = math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step
    if shown and shown[0] <= low and high <= shown[1] and shown[1] - shown[0] <= _SLACK * (wanted[1] - wanted[0]):
        return shown
    return wanted


def _round_step(least: float) -> float:
    """Return the smallest round number that is at least `least`.

    Round numbers are 1, 2 and 5 times powers of ten.
    """
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= least)


def class_marks(names: Sequence[str]) -> tuple[str, ...]:
    """Return a distinct letter or digit for each class.

    The mark is the first free letter or digit of the name.

    Names of a single letter or digit keep it. There are 62 marks; further classes reuse them.
    """
    pool = string.digits + string.ascii_uppercase + string.ascii_lowercase
    marks = {index: name for index, name in enumerate(names) if name in pool and len(name) == 1}
    left = set(pool).difference(marks.values())
    for index, name in enumerate(names):
        if index not in marks:
            wanted = (letter for letter in (*name[:1].upper(), *name, *pool) if letter in left)
            marks[index] = next(wanted, pool[index % len(pool)])
            left.discard(marks[index])
    return tuple(marks[index] for index in range(len(names)))


def class_style(label: Int[np.ndarray, " n"], weight: Int[np.ndarray, " n"], colors: int) -> Int[np.ndarray, " n"]:
    """Return the style indices of cells.

    Args:
        label: The class of each cell.
        weight: 0 for few, 1 for some, 2 for many points.
        colors: Number of classes with distinct colors.
    """
    return CLASSES + WEIGHTS * (label % colors) + weight


@dataclass(frozen=True)
class MapArea:
    """The place of a map in a panel, in cells.

    The map begins in the first column.
    """

    height: int
    width: int
    top: int
    map_height: int
    map_width: int
    legend: bool
    """Whether the names of the classes are on the right of the map."""

    def inside(self, row: int, column: int) -> tuple[int, int]:
        """Return the cell of the map nearest to a cell, as (line, column)."""
        return min(max(0, row), self.map_height - 1), min(max(0, column), self.map_width - 1)


def arrange_map(height: int, width: int, names: Sequence[str]) -> MapArea:
    """Return the place of the map in a panel.

    There is a line above and below the map for the axis labels, and a legend if the class names are longer than one
    letter and fit.
    """
    top, bottom = (1 if height >= 6 else 0), (1 if height >= 4 else 0)
    longest = max(map(cell_len, names), default=0)
    rest = width - longest - 4
    legend = longest > 1 and rest >= max(30, width // 2) and len(names) <= height - top - bottom
    return MapArea(height, width, top, height - top - bottom, rest if legend else width, legend)


def draw_map(
    points: Float[np.ndarray, "n 2"],
    labels: Int32[np.ndarray, " n"],
    names: Sequence[str],
    explained: tuple[float, float],
    plane: MapRange,
    place: MapArea,
    *,
    colors: int,
    unicode: bool,
    picked: int | None = None,
    cursor: tuple[int, int] | None = None,
) -> Cells:
    """Draw a map.

    Each cell shows the class with the most points there.

    Args:
        points: The points, as (x, y).
        labels: The class of each point.
        names: The names of the classes, by label.
        explained: Fractions of the variance along the axes.
        plane: The part of the plane to show.
        place: The place of the map in the panel, from `arrange_map`.
        colors: Number of classes with distinct colors.
        unicode: Whether the terminal can show more than ASCII.
        picked: Index of a point to mark.
        cursor: Line and column of a cell of the map to mark.
    """
    cells = Cells.blank(place.height, place.width)
    cells.paste(_draw_axes(plane, place, unicode), place.top, 0)
    _write_words(cells, plane, explained, place, unicode)
    marks = class_marks(names)
    if place.legend:
        styles = class_style(np.arange(len(names)), np.full(len(names), WEIGHTS - 1), colors)
        for index, name in enumerate(names):
            x = cells.write(place.top + index, place.map_width + 2, marks[index], int(styles[index]))
            cells.write(place.top + index, x + 1, name, TEXT)
    rows, columns = plane.cells(points, place.map_height, place.map_width)
    shape = place.map_height, place.map_width, len(names)
    counts = np.zeros(shape, np.int32)
    np.add.at(counts, (rows, columns, labels), 1)
    total = counts.sum(axis=-1)
    inked = total > 0
    if inked.any():
        letters = np.array([ord(mark) for mark in marks], np.uint32)
        label, density = counts[inked].argmax(axis=-1), total[inked] / total[inked].mean()
        weight = (density >= _SOME).astype(int) + (density >= _MANY)
        area = slice(place.top, place.top + place.map_height), slice(place.map_width)
        cells.glyphs[area][inked], cells.styles[area][inked] = letters[label], class_style(label, weight, colors)
    if cursor is not None:
        cells.styles[place.top + cursor[0], cursor[1]] = CURSOR
    if picked is not None:
        cells.write(place.top + int(rows[picked]), int(columns[picked]), marks[labels[picked]], PICKED)
    return cells


def nearest(points: Float[np.ndarray, "n 2"], plane: MapRange, place: MapArea, cursor: tuple[int, int]) -> int | None:
    """Return the point drawn nearest to a cell; None without points.

    The point is given by its index.

    Cells are taken to be twice as high as wide.
    """
    if not len(points):
        return None
    across = (points[:, 0] - plane.left) / (plane.right - plane.left) * place.map_width
    down = (plane.high - points[:, 1]) / (plane.high - plane.low) * place.map_height
    across, down = np.clip(across, 0, place.map_width), np.clip(down, 0, place.map_height)
    return int(np.argmin((across - cursor[1] - 0.5) ** 2 + 4 * (down - cursor[0] - 0.5) ** 2))


def _draw_axes(plane: MapRange, place: MapArea, unicode: bool) -> Cells:
    """Draw the lines x = 0 and y = 0, if the plane contains them.

    They cross at the mean of all points.
    """
    cells = Cells.blank(place.map_height, place.map_width)
    across, along, both = "│─┼" if unicode else "|-+"
    (row,), (column,) = plane.cells(np.zeros((1, 2)), place.map_height, place.map_width)
    has_row, has_column = plane.low < 0 < plane.high, plane.left < 0 < plane.right
    if has_row:
        cells.write(int(row), 0, along * place.map_width, AXIS)
    if has_column:
        cells.glyphs[:, column], cells.styles[:, column] = ord(across), AXIS
    if has_row and has_column:
        cells.glyphs[row, column] = ord(both)
    return cells


def _write_words(cells: Cells, plane: MapRange, explained: tuple[float, float], place: MapArea, unicode: bool) -> None:
    """Write the labels of both axes.

    The vertical axis is described on the top line, the horizontal axis on the bottom line.
    """
    up, right = "↑→" if unicode else "^>"
    if place.top:
        cells.write(0, 0, _axis(up, 2, explained[1], plane.low, plane.high, place.width), TEXT)
    if place.map_height + place.top < place.height:
        text = _axis(right, 1, explained[0], plane.left, plane.right, place.width)
        cells.write(place.height - 1, max(0, place.map_width - len(text)), text, TEXT)


def _axis(arrow: str, number: int, explained: float, low: float, high: float, width: int) -> str:
    """Return the longest label of an axis that fits."""
    name = f"{arrow} PC {number}"
    share, span = f"{explained:.0%}".replace("%", " %"), f"{low:g} to {high:g}"
    texts = (f"{name} from {span}, {share} of the variance", f"{name}: {span}, {share}", f"{name}: {share}", name)
    return next((text for text in texts if len(text) <= width), name)
