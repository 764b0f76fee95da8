"""Draw on a canvas of dots.

A canvas is a boolean array; each terminal cell shows several of its dots.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, UInt32

from .cells import SPACE

Symbols = Literal["braille", "block", "ascii"]
"""The symbols for dots: Braille patterns, quadrant blocks, or one character per dot."""

DOTS: dict[Symbols, tuple[int, int]] = {"braille": (4, 2), "block": (2, 2), "ascii": (1, 1)}
"""Dots per cell: (down, across)."""

BRAILLE = 0x2800

_BRAILLE_BITS = ((0, 3), (1, 4), (2, 5), (6, 7))
"""The bit of each dot of a Braille cell in its code point, row by row."""

_BLOCK_BITS = ((0, 1), (2, 3))
_BLOCKS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs, indexed by the bits of the inked quadrants."""


def bars(
    tops: Float[np.ndarray, " width"], bottoms: Float[np.ndarray, " width"], height: int
) -> Bool[np.ndarray, "height width"]:
    """Draw a vertical bar in each column.

    Args:
        tops: Upper end of each bar, included, in rows from the top; NaN draws no bar.
        bottoms: Lower end of each bar, included, in rows from the top.
        height: Rows of the canvas.
    """
    rows = np.arange(height)[:, None]
    return (rows >= np.floor(tops)) & (rows <= np.floor(bottoms))


def polyline(
    x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], height: int, width: int
) -> Bool[np.ndarray, "height width"]:
    """Draw straight lines between consecutive points.

    Args:
        x: Dots from the left, ascending.
        y: Dots from the top; NaN leaves a gap.
        height: Rows of the canvas.
        width: Columns of the canvas.
    """
    canvas = np.zeros((height, width), bool)
    if not len(x):
        return canvas
    ends = np.interp(np.arange(width + 1), x, y, left=np.nan, right=np.nan)
    canvas |= bars(np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:]), height)
    # Interpolation at column edges misses points within columns: peaks, and the first and last point.
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    canvas[y[inside].astype(int), x[inside].astype(int)] = True
    return canvas


def braille(dots: Bool[np.ndarray, "rows columns"]) -> UInt32[np.ndarray, "rows//4 columns//2"]:
    """Return the Braille cells that show dots, as code points.

    A cell has 4 rows and 2 columns of dots.
    """
    return BRAILLE + _pack(dots, _BRAILLE_BITS)


def glyphs(dots: Bool[np.ndarray, "rows columns"], symbols: Symbols) -> UInt32[np.ndarray, "y x"]:
    """Return the cells that show dots, as code points.

    Cells without dots are spaces; in ASCII each dot is an asterisk.
    """
    if symbols == "ascii":
        return np.where(dots, np.uint32(ord("*")), np.uint32(SPACE))
    if symbols == "block":
        return _BLOCKS[_pack(dots, _BLOCK_BITS)]
    packed = _pack(dots, _BRAILLE_BITS)
    return np.where(packed == 0, np.uint32(SPACE), BRAILLE + packed)


def inked(dots: Bool[np.ndarray, "rows columns"], symbols: Symbols) -> Bool[np.ndarray, "y x"]:
    """Return which cells have at least one dot."""
    down, across = DOTS[symbols]
    cells = dots[:, 0::across].copy()
    for column in range(1, across):
        cells |= dots[:, column::across]
    return np.logical_or.reduceat(cells, np.arange(0, len(cells), down)) if down > 1 else cells


def _pack(dots: Bool[np.ndarray, "rows columns"], bits: tuple[tuple[int, ...], ...]) -> UInt32[np.ndarray, "y x"]:
    """Pack the dots of each cell into the bits of a number."""
    down, across = len(bits), len(bits[0])
    packed = np.zeros((dots.shape[0] // down, dots.shape[1] // across), np.uint8)
    for row, line in enumerate(bits):
        for column, bit in enumerate(line):
            packed |= dots[row::down, column::across].astype(np.uint8) << bit
    return packed.astype(np.uint32)
