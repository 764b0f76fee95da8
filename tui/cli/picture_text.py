"""Draw rows of images as lines of text, for commands without a screen."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import UInt8
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments

from ...core.protocol import has_colors
from ...core.run import image_grid
from ..render.capabilities import detect
from ..render.cells import StyleTable, render_strip
from ..render.color_cells import draw_color_picture
from ..render.palette import greys, pair_styles
from ..render.picture_cells import DOTS, draw_picture, resample
from ..render.pixels import draws_colors, intensities


def as_text(images: UInt8[np.ndarray, "rows columns height width *channels"], console: Console) -> Segments:
    """Return rows of images as half blocks, or in ASCII where necessary."""
    terminal = detect(console.color_system, no_color=console.no_color, encoding=console.encoding)
    style = "half-block" if terminal.unicode and terminal.colors != "none" else "ascii"
    in_color = has_colors(images.shape[2:]) and draws_colors(terminal, style)
    picture = image_grid(images, gap=0)
    picture = np.pad(picture, [(0, len(picture) % 2), *[(0, 0)] * (picture.ndim - 1)])
    pixels = intensities(picture, 0, in_color=in_color, dark=True)
    height, width = len(picture) // 2, picture.shape[1]
    if DOTS[style] == (1, 1):
        pixels = resample(pixels, height, width)  # a character is about twice as high as it is wide
    ramp = greys(Color.from_rgb(0, 0, 0), terminal.colors)
    if in_color:
        cells = draw_color_picture(pixels, np.ones((height, width), bool), style, terminal.colors)
    else:
        cells = draw_picture(pixels, style, len(ramp))
    table = StyleTable(pair_styles(ramp))
    lines = (render_strip(cells, y, table) for y in range(height))
    return Segments([segment for line in lines for segment in (*line, Segment.line())])


def in_rows(
    images: UInt8[np.ndarray, "n height width *channels"], columns: int
) -> UInt8[np.ndarray, "rows columns height width *channels"]:
    """Return images in rows; black images fill the last row."""
    rows, shape = math.ceil(len(images) / columns), images.shape[1:]
    black = np.zeros((rows * columns - len(images), *shape), np.uint8)
    return np.concatenate([images, black]).reshape(rows, columns, *shape)
