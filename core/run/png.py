"""Convert grids of images to PNG files and back."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

GAP = 2
"""Black pixels between the images of a grid, and around them."""

MAX_PIXELS = 1 << 25
"""Pixels of a picture that is decoded, at most."""


def image_grid(images: UInt8[np.ndarray, "rows columns 28 28"], gap: int = GAP) -> UInt8[np.ndarray, "height width"]:
    """Lay images out in rows and columns, `gap` black pixels apart and around."""
    rows, columns, height, width = images.shape
    cells = np.pad(images, ((0, 0), (0, 0), (gap, 0), (gap, 0)))
    sheet = cells.transpose(0, 2, 1, 3).reshape(rows * (height + gap), columns * (width + gap))
    return np.pad(sheet, ((0, gap), (0, gap)))


def images_of_grid(sheet: UInt8[np.ndarray, "height width"], gap: int = GAP) -> UInt8[np.ndarray, "rows columns 28 28"]:
    """Split an `image_grid` into its images. Raises ValueError for another size."""
    pitch = 28 + gap
    (rows, below), (columns, beside) = (divmod(size - gap, pitch) for size in sheet.shape)
    if below or beside or rows < 0 or columns < 0:
        raise ValueError(f"{sheet.shape[1]}x{sheet.shape[0]} pixels are not a grid of images")
    cells = sheet[: rows * pitch, : columns * pitch].reshape(rows, pitch, columns, pitch)
    return cells.transpose(0, 2, 1, 3)[:, :, gap:, gap:]


def encode_png(picture: UInt8[np.ndarray, "height width"], texts: Mapping[str, str] | None = None) -> bytes:
    """Encode a grayscale picture as PNG with text chunks.

    Keywords and texts are Latin-1.
    """
    from PIL import Image  # imported here: it takes 40 ms, which only callers that encode should pay
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for keyword, text in (texts or {}).items():
        info.add_text(keyword, text)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="png", pnginfo=info)
    return buffer.getvalue()


def decode_png(content: bytes) -> tuple[UInt8[np.ndarray, "height width"], dict[str, str]]:
    """Decode a grayscale PNG into its picture and its text chunks.

    Raises:
        ValueError: when the content is damaged or not a grayscale PNG.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["png"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"a PNG file of {image.width}x{image.height} pixels")
            image.load()
            if image.mode != "L":
                raise ValueError(f"a PNG file of mode {image.mode}, not grayscale")
            texts = {str(key): text for key, text in image.info.items() if isinstance(text, str)}
            return np.array(image), texts
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError) as error:
        raise ValueError(f"not a readable PNG file: {error}") from error
