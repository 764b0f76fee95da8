"""Draw pictures as characters: blocks, Braille or ASCII, in the available grays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, UInt8

from .blocks import QUADRANTS, SEXTANTS, UPPER_HALF, pack_cells, quantize, split_cells
from .canvas import BRAILLE, braille
from .cells import SPACE, Cells

STYLES = ("half-block", "quadrant", "sextant", "braille", "ascii")

BLOCKS = STYLES[:3]
"""The styles that give every pixel its gray or color."""

DOTS: dict[str, tuple[int, int]] = {
    "half-block": (2, 1),
    "quadrant": (2, 2),
    "sextant": (3, 2),
    "braille": (4, 2),
    "ascii": (1, 1),
}
"""Pixels per cell in each style: (down, across)."""

SETTLED = 6
"""Number of grays that `settle` rounds gray pictures to, black and white included."""

_SLACK = 0.4
"""Hysteresis of `settle`: how far a value may leave its gray's interval, as a fraction of the interval."""

EMPTY = 0.012
"""Mean intensity below which a ring of pixels counts as margin (intensities from 0 to 1)."""

_ASCII = np.array([ord(c) for c in " .:-=+*#%@"], np.uint32)

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
"""Ordered dither thresholds around 0."""


_OWN_SEXTANTS = ("xterm-kitty", "foot", "foot-extra", "wezterm", "xterm-ghostty", "contour")
"""Values of TERM whose terminals draw sextants themselves; others need one of the few fonts with sextants."""


def best_style(styles: Sequence[str], lines: int, side: int, term: str) -> str:
    """Return the style in which an image is most legible.

    Half-blocks show every pixel in its gray. Finer blocks have only two grays per cell and take a quarter more bytes,
    but they keep the strokes of very small images apart.

    Args:
        styles: The styles that the terminal can show, best first.
        lines: Lines of the image.
        side: Pixels of the image in each direction.
        term: The value of TERM.
    """
    if "quadrant" not in styles or 2 * lines >= 0.6 * side:
        return styles[0]
    return "sextant" if term in _OWN_SEXTANTS else "quadrant"


def margin(images: UInt8[np.ndarray, "classes n height width *channels"]) -> int:
    """Return how many pixels at the border are empty, up to a seventh of the image.

    Empty means that the mean of all images has almost no ink there. Color images have no empty border, since black is a
    color, nor have images that are not square, since their shape would change without it.
    """
    height, width, *channels = images.shape[2:]
    if channels or height != width:
        return 0
    most = height // 7
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
    image: Float32[np.ndarray, "*channels height width"],
    shown: Float32[np.ndarray, "*channels height width"] | None,
    levels: int = SETTLED,
) -> Float32[np.ndarray, "*channels height width"]:
    """Round to some levels with hysteresis, so that invisible changes are not sent.

    Args:
        image: Intensities from 0 to 1.
        shown: The settled picture on the screen; each pixel keeps its level until clearly nearer to another one.
        levels: Number of levels, 0 and 1 included.
    """
    wanted = image * (levels - 1)
    rounded = np.rint(wanted)
    if shown is not None:
        present = np.rint(shown * (levels - 1))
        rounded = np.where(np.abs(wanted - present) <= 0.5 + _SLACK, present, rounded)
    return (rounded / (levels - 1)).astype(np.float32)


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
        grey = quantize(blocks[..., 0], levels)
        mask = np.full((height, width), UPPER_HALF, np.int32)
        return pack_cells(grey[..., 0], grey[..., 1], mask, QUADRANTS, levels)
    if style in ("quadrant", "sextant"):
        glyphs = QUADRANTS if style == "quadrant" else SEXTANTS
        front, back, mask = split_cells(blocks.reshape(1, height, width, down * across))
        return pack_cells(quantize(front[0], levels), quantize(back[0], levels), mask, glyphs, levels)
    if style == "braille":
        threshold = 0.42 + 0.4 * np.tile(_BAYER, (height, (width + 1) // 2))[:, : image.shape[1]]
        glyphs = braille(image > threshold)
        glyphs[glyphs == BRAILLE] = SPACE
    else:
        glyphs = _ASCII[quantize(blocks[..., 0, 0], len(_ASCII))]
    return Cells(glyphs, np.where(glyphs == SPACE, 0, (levels - 1) * levels).astype(np.int32))
