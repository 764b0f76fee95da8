"""Small multiples: several charts beside and above one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

SMALLEST_HEIGHT, SMALLEST_WIDTH = 4, 22
"""Lines and columns of a chart with its title, below which it tells nothing."""

GAP = 2
"""Columns between two charts."""

_SHAPE = 4.0
"""Columns to a line of a chart that reads best."""


def chart_grid(count: int, height: int, width: int) -> tuple[int, int] | None:
    """Rows and columns of charts: those that give them the best shape; None where they have no room."""
    shapes = [(count // columns, columns) for columns in range(1, count + 1) if count % columns == 0]
    sizes = {shape: (height // shape[0], (width + GAP) // shape[1] - GAP) for shape in shapes}
    fitting = [shape for shape, (h, w) in sizes.items() if h >= SMALLEST_HEIGHT and w >= SMALLEST_WIDTH]
    return max(fitting, key=lambda shape: min(sizes[shape][0], sizes[shape][1] / _SHAPE), default=None)


def split_evenly(length: int, parts: int, gap: int = 0) -> list[tuple[int, int]]:
    """Start and size of equal parts of a length, to within one, `gap` apart."""
    edges = [index * (length + gap) // parts for index in range(parts + 1)]
    return [(start, end - gap - start) for start, end in pairwise(edges)]


def places(shape: tuple[int, int], height: int, width: int) -> Sequence[tuple[int, int, int, int]]:
    """Line, column, height and width of each chart of a grid, line by line."""
    rows, columns = split_evenly(height, shape[0]), split_evenly(width, shape[1], GAP)
    return [(y, x, h, w) for (y, h), (x, w) in product(rows, columns)]
