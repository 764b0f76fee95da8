"""Pictures as characters: blocks, Braille or ASCII, each in as many greys as there are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8, UInt32

from .canvas import BRAILLE, braille
from .cells import SPACE, Cells

STYLES = ("half-block", "quadrant", "sextant", "braille", "ascii")

DOTS: dict[str, tuple[int, int]] = {
    "half-block": (2, 1),
    "quadrant": (2, 2),
    "sextant": (3, 2),
    "braille": (4, 2),
    "ascii": (1, 1),
}
"""Picture elements of a cell in each style: (down, across)."""

SETTLED = 6
"""Greys that a picture is settled to, black and white included."""

_SLACK = 0.4
"""By how much of a grey's share of the range a value may stray beyond it, and keep that grey."""

EMPTY = 0.012
"""Mean intensity below which a ring of pixels counts as margin."""

_ASCII = np.array([ord(c) for c in " .:-=+*#%@"], np.uint32)

_QUADRANTS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs by the quadrants that are in the foreground: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

_UPPER_HALF = 3

_HALVES = {0: ord(" "), 21: ord("▌"), 42: ord("▐"), 63: ord("█")}
_SEXTANTS = np.array(
    [_HALVES.get(mask, 0x1FB00 + mask - 1 - (mask > 21) - (mask > 42)) for mask in range(64)], np.uint32
)
"""Glyphs by the sixths that are in the foreground, from the upper left (1) to the lower right (32). The block of
Unicode 13 leaves out those that there were already."""

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
"""Ordered dither thresholds around 0."""


_OWN_SEXTANTS = ("xterm-kitty", "foot", "foot-extra", "wezterm", "xterm-ghostty", "contour")
"""Values of TERM whose terminals draw sextants themselves: others need a font that has them, which few do."""


def best_style(styles: Sequence[str], lines: int, side: int, term: str) -> str:
    """The style in which a digit of `side` pixels reads best in some lines, of those that the terminal can show (best
    first); `term` is the kind of terminal, as TERM says.

    Half-blocks show every pixel in its grey. Finer blocks have two greys a cell only, and take a quarter more bytes,
    but where digits are very small they make strokes out of what would be a smear.
    """
    if "quadrant" not in styles or 2 * lines >= 0.6 * side:
        return styles[0]
    return "sextant" if term in _OWN_SEXTANTS else "quadrant"


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
    """Clear the haze around the strokes, and give back what shrinking by `scale` took from them: thin ones their
    brightness, and narrow gaps their darkness (an unsharp mask of 3 by 3 pixels)."""
    lost = max(0.0, 1 - scale)
    width = images.shape[-1]
    padded = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    rows = padded[..., :-2, :] + padded[..., 1:-1, :] + padded[..., 2:, :]
    blurred = (rows[..., :width] + rows[..., 1 : width + 1] + rows[..., 2:]) / 9
    gain = 1.08 + 0.4 * lost
    return np.clip((images + 0.9 * lost * (images - blurred)) * gain - 0.05, 0, 1).astype(np.float32)


def settle(
    image: Float32[np.ndarray, "height width"], shown: Float32[np.ndarray, "height width"] | None
) -> Float32[np.ndarray, "height width"]:
    """Round to `SETTLED` greys. A pixel keeps the grey in which it is `shown` until it is clearly nearer to another,
    so that changes that nobody sees are not sent."""
    wanted = image * (SETTLED - 1)
    greys = np.rint(wanted)
    if shown is not None:
        present = np.rint(shown * (SETTLED - 1))
        greys = np.where(np.abs(wanted - present) <= 0.5 + _SLACK, present, greys)
    return (greys / (SETTLED - 1)).astype(np.float32)


def draw_picture(image: Float32[np.ndarray, "height width"], style: str, levels: int) -> Cells:
    """Draw a picture of intensities from 0 to 1, whose size fits `DOTS[style]`.

    The styles of the cells number the pairs of greys: `levels * foreground + background`.
    """
    down, across = DOTS[style]
    height, width = image.shape[0] // down, image.shape[1] // across
    blocks = image.reshape(height, down, width, across).transpose(0, 2, 1, 3)
    if style == "half-block":
        grey = _quantize(blocks[..., 0], levels)
        mask = np.full((height, width), _UPPER_HALF, np.int32)
        return _pack(grey[..., 0], grey[..., 1], mask, _QUADRANTS, levels)
    if style in ("quadrant", "sextant"):
        glyphs = _QUADRANTS if style == "quadrant" else _SEXTANTS
        return _pack(*_split(blocks.reshape(height, width, down * across), levels), glyphs, levels)
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
    ink: Float32[np.ndarray, "height width pixels"], levels: int
) -> tuple[Int32[np.ndarray, "height width"], Int32[np.ndarray, "height width"], Int32[np.ndarray, "height width"]]:
    """The two greys, and the pixels of the first of them, that come closest to the pixels of each cell."""
    pixels = ink.shape[-1]
    masks = np.arange(1 << (pixels - 1))  # the others are the same with the greys exchanged
    inside = (masks[:, None] >> np.arange(pixels)) & 1
    size = inside.sum(axis=1)
    front_sum = np.einsum("yxp,mp->yxm", ink, inside)
    back_sum = ink.sum(axis=-1, keepdims=True) - front_sum
    front, back = front_sum / np.maximum(size, 1), back_sum / (pixels - size)
    explained = front * front_sum + back * back_sum  # the squared error is the sum of squares less this
    best = np.argmax(explained - 1e-4 * (size > 0), axis=-1)[..., None]
    front, back = (np.take_along_axis(values, best, axis=-1)[..., 0] for values in (front, back))
    return _quantize(front, levels), _quantize(back, levels), best[..., 0].astype(np.int32)


def _pack(
    front: Int32[np.ndarray, "height width"],
    back: Int32[np.ndarray, "height width"],
    mask: Int32[np.ndarray, "height width"],
    glyphs: UInt32[np.ndarray, " masks"],
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
    inked = np.where(front == background, 0, mask) | np.where(back == background, 0, len(glyphs) - 1 - mask)
    return Cells(glyphs[inked], (levels * foreground + background).astype(np.int32))
