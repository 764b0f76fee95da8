"""Grids of digits as PNG pictures."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import UInt8


def grid(images: UInt8[np.ndarray, "rows columns 28 28"], gap: int = 2) -> UInt8[np.ndarray, "height width"]:
    """Lay images out in rows and columns, `gap` black pixels apart and around."""
    rows, columns, height, width = images.shape
    cells = np.pad(images, ((0, 0), (0, 0), (gap, 0), (gap, 0)))
    sheet = cells.transpose(0, 2, 1, 3).reshape(rows * (height + gap), columns * (width + gap))
    return np.pad(sheet, ((0, gap), (0, gap)))


def encode_png(picture: UInt8[np.ndarray, "height width"]) -> bytes:
    """A greyscale PNG file's content."""
    from PIL import Image  # costs 40 ms that only those who draw should pay

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="png")
    return buffer.getvalue()
