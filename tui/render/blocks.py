"""Fit block characters to pixels: two colors a cell, and as few runs of a style as possible."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int32, UInt32

from .cells import Cells

QUADRANTS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs, indexed by the foreground quadrants: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

UPPER_HALF = 3

_HALVES = {0: ord(" "), 21: ord("▌"), 42: ord("▐"), 63: ord("█")}
SEXTANTS = np.array(
    [_HALVES.get(mask, 0x1FB00 + mask - 1 - (mask > 21) - (mask > 42)) for mask in range(64)], np.uint32
)
"""Glyphs, indexed by the foreground sixths, from the upper left (1) to the lower right (32). The sextants of Unicode 13
leave out glyphs that Unicode already had."""


def quantize(ink: Float[np.ndarray, "*n"], levels: int) -> Int32[np.ndarray, "*n"]:
    """Return the nearest level of intensities from 0 to 1."""
    return np.rint(ink * (levels - 1)).astype(np.int32)


def split_cells(
    ink: Float[np.ndarray, "channels height width pixels"],
) -> tuple[
    Float[np.ndarray, "channels height width"],
    Float[np.ndarray, "channels height width"],
    Int32[np.ndarray, "height width"],
]:
    """Return the foreground, background and mask that fit each cell best.

    The fit is by least squares over the cell's pixels and channels.
    """
    pixels = ink.shape[-1]
    masks = np.arange(1 << (pixels - 1))  # the other masks are complements: the same pairs with colors swapped
    inside = (masks[:, None] >> np.arange(pixels)) & 1
    size = inside.sum(axis=1)
    fronts, backs = [], []
    explained = np.zeros((*ink.shape[1:3], len(masks)))  # the squared error is the pixels' sum of squares minus this
    for channel in ink:
        front_sum = np.einsum("yxp,mp->yxm", channel, inside)
        back_sum = channel.sum(axis=-1, keepdims=True) - front_sum
        front, back = front_sum / np.maximum(size, 1), back_sum / (pixels - size)
        explained += front * front_sum + back * back_sum
        fronts.append(front)
        backs.append(back)
    best = np.argmax(explained - 1e-4 * (size > 0), axis=-1)[..., None]
    front, back = (
        np.stack([np.take_along_axis(values, best, axis=-1)[..., 0] for values in part]) for part in (fronts, backs)
    )
    return front, back, best[..., 0].astype(np.int32)


def pack_cells(
    front: Int32[np.ndarray, "height width"],
    back: Int32[np.ndarray, "height width"],
    mask: Int32[np.ndarray, "height width"],
    glyphs: UInt32[np.ndarray, " masks"],
    levels: int,
) -> Cells:
    """Choose glyphs that give each line the fewest runs of a style.

    A run can hold all cells that together use at most two colors, because every block also exists with its foreground
    and background swapped. Extending runs greedily from the left gives the fewest runs.

    Args:
        front: The number of each cell's foreground color.
        back: The number of each cell's background color.
        mask: The parts of each cell that show its foreground.
        glyphs: The block of each mask.
        levels: Number of colors; the style of a cell is `levels * foreground + background`.
    """
    front = np.where(mask == 0, back, front)
    foreground, background = np.empty_like(front), np.empty_like(front)
    for y, pairs in enumerate(zip(front.tolist(), back.tolist(), strict=True)):
        start, colors = 0, set[int]()
        for x, pair in enumerate(zip(*pairs, strict=True)):
            wanted = colors.union(pair)
            if len(wanted) > 2:
                foreground[y, start:x], background[y, start:x] = max(colors), min(colors)
                start, wanted = x, set(pair)
            colors = wanted
        foreground[y, start:], background[y, start:] = max(colors), min(colors)
    inked = np.where(front == background, 0, mask) | np.where(back == background, 0, len(glyphs) - 1 - mask)
    return Cells(glyphs[inked], (levels * foreground + background).astype(np.int32))
