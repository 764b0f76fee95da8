"""Draw pictures in color as half blocks, two pixels in each character."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from ...core.data import luma
from ..render.capabilities import detect
from .print_samples import as_text


def as_blocks(picture: UInt8[np.ndarray, "height width *rgb"], console: Console) -> Segments:
    """Return a picture in the console's colors; in gray where it is gray, or the console lacks colors or blocks."""
    if picture.ndim == 2:
        return as_text(picture, console)
    terminal = detect(console.color_system, no_color=console.no_color, encoding=console.encoding)
    if not terminal.unicode or terminal.colors == "none":
        return as_text(luma(picture), console)
    height = picture.shape[0] + picture.shape[0] % 2
    even = np.zeros((height, *picture.shape[1:]), np.uint8)
    even[: len(picture)] = picture
    segments: list[Segment] = []
    for upper, lower in zip(even[::2].tolist(), even[1::2].tolist(), strict=True):
        for above, below in zip(upper, lower, strict=True):
            style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
            segments.append(Segment("▀", style))
        segments.append(Segment.line())
    return Segments(segments)


def grid(images: UInt8[np.ndarray, "n height width *rgb"], columns: int) -> UInt8[np.ndarray, "down across *rgb"]:
    """Return images side by side, `columns` in a row; black fills the last row."""
    rows = -(-len(images) // columns)
    _, height, width, *channels = images.shape
    filled = np.zeros((rows * columns, height, width, *channels), np.uint8)
    filled[: len(images)] = images
    apart = filled.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return apart.reshape(rows * height, columns * width, *channels)
