"""Draw color pictures as block characters."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32

from .blocks import QUADRANTS, SEXTANTS, UPPER_HALF, pack_cells, quantize, split_cells
from .capabilities import ColorDepth
from .cells import COLORED, SPACE, Cells
from .palette import COLOR_LEVELS, COLORS, color_numbers
from .picture_cells import DOTS


def draw_color_picture(
    image: Float32[np.ndarray, "3 rows columns"],
    inside: Bool[np.ndarray, "height width"],
    style: str,
    colors: ColorDepth,
) -> Cells:
    """Draw a color picture as cells, in the styles from `COLORED` on.

    Args:
        image: Red, green and blue from 0 to 1; the rows and columns are multiples of `DOTS[style]`.
        inside: The cells to draw; the others are spaces in style 0.
        style: One of `BLOCKS`.
        colors: The colors of the terminal.
    """
    height, width = inside.shape
    down, across = DOTS[style]
    blocks = image.reshape(3, height, down, width, across).transpose(0, 1, 3, 2, 4)
    if style == "half-block":
        front, back, mask = blocks[..., 0, 0], blocks[..., 1, 0], np.full((height, width), UPPER_HALF, np.int32)
    else:
        front, back, mask = split_cells(blocks.reshape(3, height, width, down * across))
    front, back = (color_numbers(quantize(part, COLOR_LEVELS), colors) for part in (front, back))
    cells = pack_cells(front, back, mask, SEXTANTS if style == "sextant" else QUADRANTS, COLORS)
    return Cells(
        np.where(inside, cells.glyphs, np.uint32(SPACE)), np.where(inside, cells.styles + COLORED, 0).astype(np.int32)
    )
