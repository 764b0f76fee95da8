"""Arrange small multiples: several charts in a grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

SMALLEST_HEIGHT, SMALLEST_WIDTH = 4, 22
"""Minimum lines and columns of a legible chart, with its title."""

GAP = 2
"""Columns between two charts."""

_SHAPE = 4.0
"""Columns per line of the most legible chart."""


def chart_grid(count: int, height: int, width: int) -> tuple[int, int] | None:
    """Return the chart grid with the best shapes; None if none fits.

    The grid is a number of rows and columns.
    """
    shapes = [(count // columns, columns) for columns in range(1, count + 1) if count % columns == 0]
    sizes = {shape: (height // shape[0], (width + GAP) // shape[1] - GAP) for shape in shapes}
    fitting = [shape for shape, (h, w) in sizes.items() if h >= SMALLEST_HEIGHT and w >= SMALLEST_WIDTH]
    return max(fitting, key=lambda shape: min(sizes[shape][0], sizes[shape][1] / _SHAPE), default=None)


def split_evenly(length: int, parts: int, gap: int = 0) -> list[tuple[int, int]]:
    """Return the (start, size) of nearly equal parts of a length.

    Parts are `gap` apart, and their sizes differ by at most one.
    """
    edges = [index * (length + gap) // parts for index in range(parts + 1)]
    return [(start, end - gap - start) for start, end in pairwise(edges)]


def places(shape: tuple[int, int], height: int, width: int) -> Sequence[tuple[int, int, int, int]]:
    """Return each chart's (line, column, height, width), row by row."""
    rows, columns = split_evenly(height, shape[0]), split_evenly(width, shape[1], GAP)
    return [(y, x, h, w) for (y, h), (x, w) in product(rows, columns)]
