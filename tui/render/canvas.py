"""Drawing on dots: a canvas is a boolean array, and cells show 2 by 4 dots of it each in Braille."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, UInt32

BRAILLE = 0x2800
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint32)
"""The bit of each dot of a Braille cell in its code point."""


def bars(
    tops: Float[np.ndarray, " width"], bottoms: Float[np.ndarray, " width"], height: int
) -> Bool[np.ndarray, "height width"]:
    """A vertical bar in each column, both ends included; rows count downwards, and NaN draws nothing."""
    rows = np.arange(height)[:, None]
    return (rows >= np.floor(tops)) & (rows <= np.floor(bottoms))


def polyline(
    x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], height: int, width: int
) -> Bool[np.ndarray, "height width"]:
    """Straight lines between consecutive points, given in dots by ascending x; a NaN leaves a gap."""
    canvas = np.zeros((height, width), bool)
    if not len(x):
        return canvas
    ends = np.interp(np.arange(width + 1), x, y, left=np.nan, right=np.nan)
    canvas |= bars(np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:]), height)
    # The columns' edges miss the points themselves: peaks, and the very first and last.
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    canvas[y[inside].astype(int), x[inside].astype(int)] = True
    return canvas


def braille(dots: Bool[np.ndarray, "rows columns"]) -> UInt32[np.ndarray, "rows//4 columns//2"]:
    """Code points of the Braille cells that show these dots: 4 rows and 2 columns of them a cell."""
    height, width = dots.shape[0] // 4, dots.shape[1] // 2
    blocks = dots.reshape(height, 4, width, 2)
    return (BRAILLE + np.einsum("ydxe,de->yx", blocks, _BITS)).astype(np.uint32)
