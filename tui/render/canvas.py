"""Drawing on dots: a canvas is a boolean array, and a cell shows several dots of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, UInt32

from .cells import SPACE

Symbols = Literal["braille", "block", "ascii"]
"""What dots are drawn with: Braille patterns, quadrants of blocks, or one character a dot."""

DOTS: dict[Symbols, tuple[int, int]] = {"braille": (4, 2), "block": (2, 2), "ascii": (1, 1)}
"""Dots of a cell: (down, across)."""

BRAILLE = 0x2800

_BRAILLE_BITS = ((0, 3), (1, 4), (2, 5), (6, 7))
"""The bit of each dot of a Braille cell in its code point, line by line."""

_BLOCK_BITS = ((0, 1), (2, 3))
_BLOCKS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs by the quadrants that are inked."""


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
    return BRAILLE + _pack(dots, _BRAILLE_BITS)


def glyphs(dots: Bool[np.ndarray, "rows columns"], symbols: Symbols) -> UInt32[np.ndarray, "y x"]:
    """Code points of the cells that show these dots, spaces where there are none; ASCII has an asterisk a dot."""
    if symbols == "ascii":
        return np.where(dots, np.uint32(ord("*")), np.uint32(SPACE))
    if symbols == "block":
        return _BLOCKS[_pack(dots, _BLOCK_BITS)]
    packed = _pack(dots, _BRAILLE_BITS)
    return np.where(packed == 0, np.uint32(SPACE), BRAILLE + packed)


def inked(dots: Bool[np.ndarray, "rows columns"], symbols: Symbols) -> Bool[np.ndarray, "y x"]:
    """Which cells have a dot."""
    down, across = DOTS[symbols]
    cells = dots[:, 0::across].copy()
    for column in range(1, across):
        cells |= dots[:, column::across]
    return np.logical_or.reduceat(cells, np.arange(0, len(cells), down)) if down > 1 else cells


def _pack(dots: Bool[np.ndarray, "rows columns"], bits: tuple[tuple[int, ...], ...]) -> UInt32[np.ndarray, "y x"]:
    """The dots of each cell as the bits of a number."""
    down, across = len(bits), len(bits[0])
    packed = np.zeros((dots.shape[0] // down, dots.shape[1] // across), np.uint8)
    for row, line in enumerate(bits):
        for column, bit in enumerate(line):
            packed |= dots[row::down, column::across].astype(np.uint8) << bit
    return packed.astype(np.uint32)
