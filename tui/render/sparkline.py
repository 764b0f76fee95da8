"""Draw a small curve on one line of text."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_ASCII_LEVELS = "_.-^"

_LEAST = 0.01
"""The part of the range of the values that the lowest level stands for."""


def sparkline(values: Sequence[float], width: int, *, unicode: bool) -> str:
    """Return values as a line of at most `width` characters.

    Levels are logarithmic in the distance from the lowest value: a loss that fell far at first has a shape at its end,
    too.

    Args:
        values: Finite values; of those that share a column the mean is drawn.
        width: Columns; fewer values take fewer columns.
        unicode: Whether the terminal can show more than ASCII.
    """
    number = min(width, len(values))
    if number < 1:
        return ""
    levels = _LEVELS if unicode else _ASCII_LEVELS
    bounds = [column * len(values) // number for column in range(number + 1)]
    shown = [statistics.fmean(values[start:end]) for start, end in itertools.pairwise(bounds)]
    low = min(values)
    span = (max(values) - low) or 1.0
    heights = (1 + math.log(max(_LEAST, (value - low) / span), 1 / _LEAST) for value in shown)
    return "".join(levels[round(height * (len(levels) - 1))] for height in heights)
