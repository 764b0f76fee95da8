"""Name the styles of the cells of a chart."""

from __future__ import annotations

from enum import IntEnum


class Ink(IntEnum):
    """The indices of a chart's styles in the panel's `StyleTable`."""

    BLANK = 0
    AXIS = 1
    ENVELOPE = 2
    CURVE = 3
    POINTS = 4
    BEST = 5
    CLIPPED = 6
    TEXT = 7
    CURSOR = 8
    EVENT = 9
    ALERT = 10
    RANGE = 11
    EARLIER = 12
