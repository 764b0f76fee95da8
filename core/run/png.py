"""Convert grids of images to PNG files and back."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from ..protocol import ImageShape

GAP = 2
"""Black pixels between the images of a grid, and around them."""

MAX_PIXELS = 1 << 25
"""Pixels of a picture that is decoded, at most: a grid of a thousand classes of large images has half as many."""


def image_grid(
    images: UInt8[np.ndarray, "rows columns height width *channels"], gap: int = GAP
) -> UInt8[np.ndarray, "y x *channels"]:
    """Lay images out in rows and columns, `gap` black pixels apart and around."""
    rows, columns, height, width, *channels = images.shape
    sheet = np.zeros((rows * (height + gap) + gap, columns * (width + gap) + gap, *channels), np.uint8)
    cells = sheet[gap:, gap:]
    for row, line in enumerate(images):
        for column, image in enumerate(line):
            top, left = row * (height + gap), column * (width + gap)
            cells[top : top + height, left : left + width] = image
    return sheet


def images_of_grid(
    sheet: UInt8[np.ndarray, "y x *channels"], shape: ImageShape, gap: int = GAP
) -> UInt8[np.ndarray, "rows columns height width *channels"]:
    """Split an `image_grid` of images of a shape. Raises ValueError for another size."""
    height, width, *channels = shape
    (rows, below), (columns, beside) = (
        divmod(size - gap, side + gap) for size, side in zip(sheet.shape, (height, width), strict=False)
    )
    if below or beside or rows < 0 or columns < 0 or sheet.shape[2:] != tuple(channels):
        size = f"{sheet.shape[1]}x{sheet.shape[0]} pixels" + (" in color" if sheet.ndim > 2 else "")
        raise ValueError(f"{size} are not a grid of images of {'x'.join(map(str, shape))}")
    cells = sheet[: rows * (height + gap), : columns * (width + gap)]
    cells = cells.reshape(rows, height + gap, columns, width + gap, *channels)
    return cells.swapaxes(1, 2)[:, :, gap:, gap:]


def encode_png(picture: UInt8[np.ndarray, "height width *channels"], texts: Mapping[str, str] | None = None) -> bytes:
    """Encode a grayscale or RGB picture as PNG with text chunks.

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


def decode_png(content: bytes) -> tuple[UInt8[np.ndarray, "height width *channels"], dict[str, str]]:
    """Decode a grayscale or RGB PNG into its picture and its text chunks.

    Raises:
        ValueError: when the content is damaged or a PNG of another mode.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["png"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"a PNG file of {image.width}x{image.height} pixels")
            image.load()
            if image.mode not in ("L", "RGB"):
                raise ValueError(f"a PNG file of mode {image.mode}, neither grayscale nor RGB")
            texts = {str(key): text for key, text in image.info.items() if isinstance(text, str)}
            return np.array(image), texts
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError) as error:
        raise ValueError(f"not a readable PNG file: {error}") from error
