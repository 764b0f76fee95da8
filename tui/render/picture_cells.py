"""Draw pictures as characters: blocks, Braille or ASCII, in the available grays."""

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
"""Pixels per cell in each style: (down, across)."""

SETTLED = 6
"""Number of grays that `settle` rounds to, black and white included."""

_SLACK = 0.4
"""Hysteresis of `settle`: how far a value may leave its gray's interval, as a fraction of the interval."""

EMPTY = 0.012
"""Mean intensity below which a ring of pixels counts as margin (intensities from 0 to 1)."""

_ASCII = np.array([ord(c) for c in " .:-=+*#%@"], np.uint32)

_QUADRANTS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
"""Glyphs, indexed by the foreground quadrants: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""

_UPPER_HALF = 3

_HALVES = {0: ord(" "), 21: ord("▌"), 42: ord("▐"), 63: ord("█")}
_SEXTANTS = np.array(
    [_HALVES.get(mask, 0x1FB00 + mask - 1 - (mask > 21) - (mask > 42)) for mask in range(64)], np.uint32
)
"""Glyphs, indexed by the foreground sixths, from the upper left (1) to the lower right (32). The sextants of Unicode 13
leave out glyphs that Unicode already had."""

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
"""Ordered dither thresholds around 0."""


_OWN_SEXTANTS = ("xterm-kitty", "foot", "foot-extra", "wezterm", "xterm-ghostty", "contour")
"""Values of TERM whose terminals draw sextants themselves; others need one of the few fonts with sextants."""


def best_style(styles: Sequence[str], lines: int, side: int, term: str) -> str:
    """Return the style in which a digit is most legible.

    Half-blocks show every pixel in its gray. Finer blocks have only two grays per cell and take a quarter more bytes,
    but they keep the strokes of very small digits apart.

    Args:
        styles: The styles that the terminal can show, best first.
        lines: Lines of the digit.
        side: Pixels of the digit in each direction.
        term: The value of TERM.
    """
    if "quadrant" not in styles or 2 * lines >= 0.6 * side:
        return styles[0]
    return "sextant" if term in _OWN_SEXTANTS else "quadrant"


def margin(images: UInt8[np.ndarray, "classes n 28 28"], most: int = 4) -> int:
    """Return how many pixels at the border, up to `most`, are empty.

    Empty means that the mean of all images has almost no ink there.
    """
    mean = images.mean(axis=(0, 1)) / 255
    for ring in range(most):
        border = np.concatenate([mean[ring], mean[-1 - ring], mean[:, ring], mean[:, -1 - ring]])
        if border.mean() >= EMPTY:
            return ring
    return most


def resample(images: Float32[np.ndarray, "*n height width"], height: int, width: int) -> Float32[np.ndarray, "*n h w"]:
    """Resize by area averaging.

    Each new pixel is the mean of the old pixels that it covers.
    """
    down, across = _coverage(images.shape[-2], height), _coverage(images.shape[-1], width)
    return (down @ images @ across.T).astype(np.float32)


@lru_cache(maxsize=64)
def _coverage(old: int, new: int) -> Float[np.ndarray, "new old"]:
    """Return the weight of each old pixel in each new pixel.

    The weights of a new pixel sum to 1.
    """
    edges = np.arange(new + 1) * (old / new)
    starts, ends = np.maximum(edges[:-1, None], np.arange(old)), np.minimum(edges[1:, None], np.arange(1, old + 1))
    return np.maximum(0, ends - starts) * (new / old)


def sharpen(images: Float32[np.ndarray, "*n height width"], scale: float) -> Float32[np.ndarray, "*n height width"]:
    """Clear the haze around strokes, and restore contrast lost in shrinking.

    The filter is an unsharp mask of 3 by 3 pixels.

    Args:
        images: Intensities from 0 to 1.
        scale: The factor by which the images were shrunk; 1 or more only clears the haze.
    """
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
    """Round to `SETTLED` grays with hysteresis, so that invisible changes are not sent.

    Args:
        image: Intensities from 0 to 1.
        shown: The settled picture on the screen; each pixel keeps its gray until clearly nearer to another one.
    """
    wanted = image * (SETTLED - 1)
    greys = np.rint(wanted)
    if shown is not None:
        present = np.rint(shown * (SETTLED - 1))
        greys = np.where(np.abs(wanted - present) <= 0.5 + _SLACK, present, greys)
    return (greys / (SETTLED - 1)).astype(np.float32)


def draw_picture(image: Float32[np.ndarray, "height width"], style: str, levels: int) -> Cells:
    """Draw a picture as cells.

    The style of each cell is its pair of grays: `levels * foreground + background`.

    Args:
        image: Intensities from 0 to 1; its height and width are multiples of `DOTS[style]`.
        style: One of `STYLES`.
        levels: Number of grays.
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
    """Return the foreground, background and mask that fit each cell best.

    The fit is by least squares over the cell's pixels.
    """
    pixels = ink.shape[-1]
    masks = np.arange(1 << (pixels - 1))  # the other masks are complements: the same pairs with grays swapped
    inside = (masks[:, None] >> np.arange(pixels)) & 1
    size = inside.sum(axis=1)
    front_sum = np.einsum("yxp,mp->yxm", ink, inside)
    back_sum = ink.sum(axis=-1, keepdims=True) - front_sum
    front, back = front_sum / np.maximum(size, 1), back_sum / (pixels - size)
    explained = front * front_sum + back * back_sum  # the squared error is the pixels' sum of squares minus this
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
    """Choose glyphs that give each line the fewest runs of a style.

    A run can hold all cells that together use at most two grays, because every block also exists with its foreground
    and background swapped. Extending runs greedily from the left gives the fewest runs.
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
