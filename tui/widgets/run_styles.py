"""The styles of the compared runs."""

from __future__ import annotations

from rich.color import Color
from rich.style import Style

from ...core.comparison import MAX_RUNS
from ..render.capabilities import ColorDepth
from .map_panel import class_styles

_CHOSEN = (0, 1, 2, 3, 4, 6, 7, 9)
"""The colors of the classes in the latent map that the runs have: without gray, in which the axes are drawn."""


def run_styles(plain: Style, colors: ColorDepth, *, bold: bool = False) -> list[Style]:
    """Return a style for each run, on the panel's background.

    The colors are those of the classes in the latent map: they are far apart for every kind of color vision.
    """
    background = plain.bgcolor or Color.default()
    kinds = class_styles(background, colors)
    return [Style(bgcolor=plain.bgcolor) + kinds[3 * color + (2 if bold else 1)] for color in _CHOSEN[:MAX_RUNS]]
