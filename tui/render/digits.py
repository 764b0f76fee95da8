"""Pictures as characters: half-blocks, quadrants, Braille or ASCII, each in as many greys as there are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from .canvas import BRAILLE, braille
from .cells import SPACE, Cells

STYLES = ("half-block", "quadrant", "braille", "ascii")

DOTS: dict[str, tuple[int, int]] = {"half-block": (2, 1), "quadrant": (2, 2), "braille": (4, 2), "ascii": (1, 1)}
"""Picture elements of a cell in each style: (down, across)."""

EMPTY = 0.012
"""Mean intensity below which a ring of pixels counts as margin."""

_ASCII = np.array([ord(c) for c in " .:-=+*#%@"], np.uint32)

_BLOCKS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs by the quadrants that are in the foreground: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

_UPPER_HALF = 3

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
"""Ordered dither thresholds around 0."""


def margin(images: UInt8[np.ndarray, "classes n 28 28"], most: int = 4) -> int:
    """Pixels at the border, at most `most`, that have next to no ink in all images taken together."""
    mean = images.mean(axis=(0, 1)) / 255
    for ring in range(most):
        border = np.concatenate([mean[ring], mean[-1 - ring], mean[:, ring], mean[:, -1 - ring]])
        if border.mean() >= EMPTY:
            return ring
    return most


def resample(images: Float32[np.ndarray, "*n height width"], height: int, width: int) -> Float32[np.ndarray, "*n h w"]:
    """Resize by area: each new pixel is the mean of what it covers of the old ones."""
    down, across = _coverage(images.shape[-2], height), _coverage(images.shape[-1], width)
    return (down @ images @ across.T).astype(np.float32)


@lru_cache(maxsize=64)
def _coverage(old: int, new: int) -> Float[np.ndarray, "new old"]:
    """How much of each old pixel is in each new one, as fractions of the new one."""
    edges = np.arange(new + 1) * (old / new)
    starts, ends = np.maximum(edges[:-1, None], np.arange(old)), np.minimum(edges[1:, None], np.arange(1, old + 1))
    return np.maximum(0, ends - starts) * (new / old)


def sharpen(images: Float32[np.ndarray, "*n height width"], scale: float) -> Float32[np.ndarray, "*n height width"]:
    """Clear the haze around the strokes, and give thin ones back what shrinking by `scale` took from them."""
    gain = 1.08 + 0.6 * max(0.0, 1 - scale)
    return np.clip(images * gain - 0.05, 0, 1)


def draw_picture(image: Float32[np.ndarray, "height width"], style: str, levels: int) -> Cells:
    """Draw a picture of intensities from 0 to 1, whose size fits `DOTS[style]`.

    The styles of the cells number the pairs of greys: `levels * foreground + background`.
    """
    down, across = DOTS[style]
    height, width = image.shape[0] // down, image.shape[1] // across
    blocks = image.reshape(height, down, width, across).transpose(0, 2, 1, 3)
    if style == "half-block":
        grey = _quantize(blocks[..., 0], levels)
        return _pack(grey[..., 0], grey[..., 1], np.full((height, width), _UPPER_HALF, np.int32), levels)
    if style == "quadrant":
        return _pack(*_split(blocks.reshape(height, width, 4), levels), levels)
    if style == "braille":
        threshold = 0.42 + 0.4 * np.tile(_BAYER, (height, (width + 1) // 2))[:, : image.shape[1]]
        glyphs = braille(image > threshold)
        glyphs[glyphs == BRAILLE] = SPACE
    else:
        glyphs = _ASCII[_quantize(blocks[..., 0, 0], len(_ASCII))]
    return Cells(glyphs, np.where(glyphs == SPACE, 0, (levels - 1) * levels).astype(np.int32))


def _quantize(ink: Float[np.ndarray, "*n"], levels: int) -> Int32[np.ndarray, "*n"]:
    return np.rint(ink * (levels - 1)).astype(np.int32)


def _split(
    ink: Float32[np.ndarray, "height width 4"], levels: int
) -> tuple[Int32[np.ndarray, "height width"], Int32[np.ndarray, "height width"], Int32[np.ndarray, "height width"]]:
    """The two greys, and the quadrants of the first of them, that come closest to four pixels a cell."""
    masks = np.arange(8)  # the other eight are the same with the greys exchanged
    inside = (masks[:, None] >> np.arange(4)) & 1
    size = inside.sum(axis=1)
    front_sum = np.einsum("yxp,mp->yxm", ink, inside)
    back_sum = ink.sum(axis=-1, keepdims=True) - front_sum
    front, back = front_sum / np.maximum(size, 1), back_sum / (4 - size)
    explained = front * front_sum + back * back_sum  # the squared error is the sum of squares less this
    best = np.argmax(explained - 1e-4 * (size > 0), axis=-1)[..., None]
    front, back = (np.take_along_axis(values, best, axis=-1)[..., 0] for values in (front, back))
    return _quantize(front, levels), _quantize(back, levels), best[..., 0].astype(np.int32)


def _pack(
    front: Int32[np.ndarray, "height width"],
    back: Int32[np.ndarray, "height width"],
    mask: Int32[np.ndarray, "height width"],
    levels: int,
) -> Cells:
    """Choose each cell's glyph so that a line falls into as few runs of one style as possible.

    A run can hold all cells that use no more than two greys, since every block exists with its foreground and
    background exchanged. Taking as many cells as possible from the left gives the fewest runs.
    """
    front = np.where(mask == 0, back, front)
    foreground, background = np.empty_like(front), np.empty_like(front)
    for y, pairs in enumerate(zip(front.tolist(), back.tolist(), strict=True)):
        start, greys = 0, set[int]()
        for x, pair in enumerate(zip(*pairs, strict=True)):
            wanted = greys.union(pair)
            if len(wanted) > 2:
                foreground[y, start:x], background[y, start:x] = max(greys), min(greys)
                start, wanted = x, set(pair)
            greys = wanted
        foreground[y, start:], background[y, start:] = max(greys), min(greys)
    quadrants = np.where(front == background, 0, mask) | np.where(back == background, 0, 15 - mask)
    return Cells(_BLOCKS[quadrants], (levels * foreground + background).astype(np.int32))
