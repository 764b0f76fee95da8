"""Colours that are short to send, and the greys of the digits in the colours that a terminal has.

A colour of the 256 takes 8 bytes where truecolor takes up to 16, and every run of cells says two of them. Such a
colour holds its triplet too: that is how it passes Textual's filter, which turns colours without one into truecolor.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

from .capabilities import ColorDepth

LEVELS = 6
"""Greys of a digit where there are 256 colours: enough for a soft edge, few enough that neighbours are often equal."""

_CUBE = (0, 95, 135, 175, 215, 255)
"""Channel values of the 6x6x6 cube of the 256 colours (numbers 16 to 231)."""

_SAME_BACKGROUND = 3
_SAME_FOREGROUND = 24
"""Largest differences in a channel that pass for the same colour: large areas must match, thin lines need not."""

_SIXTEEN = ((0, 0), (8, 85), (7, 170), (15, 255))
"""The greys among the sixteen colours as (number, value): black, bright black, white, bright white."""


_CYANS = ((6, (0, 170, 170)), (14, (85, 255, 255)))
"""Cyan and bright cyan among the sixteen colours."""


def terse(color: Color, tolerance: int = _SAME_FOREGROUND) -> Color:
    """The nearest of the 256 colours if each channel is within the tolerance, else the colour itself."""
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
    """A style in the nearest of the 256 colours, as far as these are near enough."""
    color = terse(style.color) if style.color else None
    background = terse(style.bgcolor, _SAME_BACKGROUND) if style.bgcolor else None
    return style + Style.from_color(color, background)


def greys(background: Color, colors: ColorDepth) -> list[Color]:
    """The greys from a panel's background (intensity 0) to the ink (intensity 1): white on dark, black on light.

    From 256 colours on these are `LEVELS`, from the fixed grey ramp; with 16 colours there are four, and without
    colours only the background and the ink.
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
    """As `greys`, but up to an ink of some colour; with 16 colours that is cyan, and without colours the same."""
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
    """A style for each pair of greys, by `len(ramp) * foreground + background`.

    Where both are the same only the background counts: cells of one grey are spaces.
    """
    return [Style.from_color(None if front is back else front, back) for front in ramp for back in ramp]


def _distance(one: ColorTriplet, other: ColorTriplet) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
