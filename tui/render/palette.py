"""Choose colors that are short to send, grays for images, and numbers for the colors of pictures.

One of the 256 colors takes 8 bytes, truecolor up to 16, and every run of cells sends two colors. The 256 colors here
keep their RGB triplet, because Textual's filter converts colors without a triplet to truecolor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Int32
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

from .capabilities import ColorDepth

LEVELS = 6
"""Grays of an image with 256 colors: enough for soft edges, few enough that adjacent cells are often equal."""

_CUBE = (0, 95, 135, 175, 215, 255)
"""Channel values of the 6x6x6 cube of the 256 colors (numbers 16 to 231)."""

_SAME_BACKGROUND = 3
_SAME_FOREGROUND = 24
"""Largest difference in a channel that counts as the same color; areas must match more closely than thin lines."""

_SIXTEEN = ((0, 0), (8, 85), (7, 170), (15, 255))
"""The grays among the sixteen colors as (number, value): black, bright black, white, bright white."""


_CYANS = ((6, (0, 170, 170)), (14, (85, 255, 255)))
"""Cyan and bright cyan among the sixteen colors, as (number, triplet)."""


def terse(color: Color, tolerance: int = _SAME_FOREGROUND) -> Color:
    """Return the nearest of the 256 colors, or the color itself.

    The nearest color is returned if each channel is within the tolerance.
    """
    if color.triplet is None or color.type != ColorType.TRUECOLOR:
        return color
    triplet = color.triplet
    indices = [min(range(6), key=lambda i, c=channel: abs(_CUBE[i] - c)) for channel in triplet]
    cube = ColorTriplet(*(_CUBE[i] for i in indices))
    step = min(23, max(0, round((sum(triplet) / 3 - 8) / 10)))
    ramp = ColorTriplet(8 + 10 * step, 8 + 10 * step, 8 + 10 * step)
    candidates = [(16 + 36 * indices[0] + 6 * indices[1] + indices[2], cube), (232 + step, ramp)]
    number, nearest = min(candidates, key=lambda candidate: _distance(candidate[1], triplet))
    if _distance(nearest, triplet) > tolerance:
        return color
    return Color(f"color({number})", ColorType.EIGHT_BIT, number, nearest)


def terse_style(style: Style) -> Style:
    """Return a style with its colors replaced by `terse` ones."""
    color = terse(style.color) if style.color else None
    background = terse(style.bgcolor, _SAME_BACKGROUND) if style.bgcolor else None
    return style + Style.from_color(color, background)


def greys(background: Color, colors: ColorDepth) -> list[Color]:
    """Return the grays from a panel's background (intensity 0) to the ink (intensity 1).

    The ink is white on a dark background and black on a light one. There are `LEVELS` grays with 256 colors or more,
    four with 16 colors, and only the background and the ink without colors.
    """
    triplet = background.triplet or ColorTriplet(0, 0, 0)
    dark = max(triplet) < 128
    if colors == "none":
        return [background, Color.default()]
    if colors == "16":
        ramp = [Color(f"color({n})", ColorType.STANDARD, n, ColorTriplet(v, v, v)) for n, v in _SIXTEEN]
        return [background, *(ramp if dark else ramp[::-1])[1:]]
    start, end = sum(triplet) / 3, 255 if dark else 0
    values = [round(start + (end - start) * level / (LEVELS - 1)) for level in range(1, LEVELS)]
    return [terse(background, _SAME_BACKGROUND), *(terse(Color.from_rgb(value, value, value)) for value in values)]


def tints(background: Color, ink: Color, colors: ColorDepth) -> list[Color]:
    """Return the tints from a panel's background to a colored ink.

    There are as many as `greys` returns.

    With 16 colors the ink is cyan; without colors the result is that of `greys`.
    """
    grey = greys(background, colors)
    if colors == "none":
        return grey
    if colors == "16":
        dark = max(background.triplet or ColorTriplet(0, 0, 0)) < 128
        cyan = [Color(f"color({n})", ColorType.STANDARD, n, ColorTriplet(*v)) for n, v in _CYANS]
        return [background, grey[1], *(cyan if dark else cyan[::-1])]
    start, end = background.triplet or ColorTriplet(0, 0, 0), ink.triplet or ColorTriplet(255, 255, 255)
    parts = [level / (LEVELS - 1) for level in range(1, LEVELS)]
    mixed = [Color.from_rgb(*(a + (b - a) * part for a, b in zip(start, end, strict=True))) for part in parts]
    return [grey[0], *(terse(color) for color in mixed)]


def pair_styles(ramp: Sequence[Color]) -> list[Style]:
    """Return a style for each pair of grays.

    The index is `len(ramp) * foreground + background`.

    If both grays are the same, the style has no foreground: such cells are spaces.
    """
    return [Style.from_color(None if front is back else front, back) for front in ramp for back in ramp]


COLOR_LEVELS = 32
"""Levels of each channel of a color picture: what the eye can tell apart in a few cells, and no more to send."""

COLORS = COLOR_LEVELS**3
"""Colors of a color picture. The number of a color has five bits of red, green and blue each."""

_PICTURE_TOLERANCE = 5
"""How far a color of a picture may be from one of the 256 that is sent instead: about half a level."""


def color_numbers(levels: Int32[np.ndarray, "3 height width"], colors: ColorDepth) -> Int32[np.ndarray, "height width"]:
    """Return the numbers of colors; with 256 colors, those of the nearest ones.

    Args:
        levels: The levels of red, green and blue, below COLOR_LEVELS.
        colors: The colors of the terminal.
    """
    if colors == "256":
        levels = _nearest_of_256(levels)
    red, green, blue = levels
    return (red * COLOR_LEVELS + green) * COLOR_LEVELS + blue


def color_pair(pair: int) -> Style:
    """Return the style of a pair of colors, given as `COLORS * foreground + background`.

    If both are the same, the style has no foreground: such cells are spaces.
    """
    front, back = divmod(pair, COLORS)
    return Style.from_color(None if front == back else _numbered(front), _numbered(back))


@lru_cache(maxsize=4096)
def _numbered(number: int) -> Color:
    channels = (number // COLOR_LEVELS**2, number // COLOR_LEVELS % COLOR_LEVELS, number % COLOR_LEVELS)
    return terse(Color.from_rgb(*(round(c * 255 / (COLOR_LEVELS - 1)) for c in channels)), _PICTURE_TOLERANCE)


def _nearest_of_256(levels: Int32[np.ndarray, "3 height width"]) -> Int32[np.ndarray, "3 height width"]:
    """Return the levels of the nearest of the 256 colors, which `terse` finds again."""
    values = levels * (255 / (COLOR_LEVELS - 1))
    steps = np.array(_CUBE)
    cube = steps[np.abs(values[..., None] - steps).argmin(axis=-1)]
    grey = np.broadcast_to(8 + 10 * np.clip(np.rint((values.mean(axis=0) - 8) / 10), 0, 23), values.shape)
    is_grey = np.abs(grey - values).max(axis=0) < np.abs(cube - values).max(axis=0)
    return np.rint(np.where(is_grey, grey, cube) * ((COLOR_LEVELS - 1) / 255)).astype(np.int32)


def _distance(one: ColorTriplet, other: ColorTriplet) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
