"""Convert images of any type to uint8, gray or RGB: pure functions on stacks of images of one size."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Shaped, UInt8

from ..errors import DataError

Stack = Shaped[np.ndarray, "n height width *channels"]
Converted = UInt8[np.ndarray, "n rows columns *rgb"]

WHITES = {"b": 1, "u1": 255, "u2": 65535, "i4": 65535}
"""The value of white of decoded image files, by type."""


def convert(
    images: Stack, white: int, *, size: int | None = None, grey: bool = False, transpose: bool = False
) -> Converted:
    """Return images as uint8: [n, height, width] in gray, [n, height, width, 3] in color.

    RGB images whose channels are all equal count as gray. Alpha is blended over black.

    Args:
        images: The images, with one to four channels as the last axis, or none.
        white: The value of white; black is 0.
        size: The side to crop and scale to; None: the size stays.
        grey: Whether to turn color into gray.
        transpose: Whether to swap rows and columns.
    """
    pixels = _without_alpha(to_uint8(images, white))
    if transpose:
        pixels = pixels.swapaxes(1, 2)
    if pixels.ndim == 4 and _is_grey(pixels):
        pixels = pixels[..., 0]
    if pixels.ndim == 4 and grey:
        pixels = luma(pixels)
    return np.ascontiguousarray(pixels if size is None else crop_and_scale(pixels, size))


def to_uint8(values: Shaped[np.ndarray, "*shape"], white: int) -> UInt8[np.ndarray, "*shape"]:
    """Return values from 0 to `white`, of any numeric type, as 0..255; the order of the values is kept."""
    if values.dtype == np.uint8 and white == 255:
        return values
    scaled: Float64[np.ndarray, "*shape"] = values.astype(np.float64) * (255 / white)
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


def luma(pixels: UInt8[np.ndarray, "*shape 3"]) -> UInt8[np.ndarray, "*shape"]:
    """Return the luma of RGB pixels, ITU-R BT.601, rounded as Pillow's mode L rounds it."""
    weighted = pixels.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)
    return ((weighted + 0x8000) >> 16).astype(np.uint8)


def crop_and_scale(pixels: Converted, size: int) -> UInt8[np.ndarray, "n side side *rgb"]:
    """Crop images to their central square and scale it to `size`, by averaging over areas."""
    from PIL import Image

    height, width = pixels.shape[1:3]
    if (height, width) == (size, size):
        return pixels
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    return np.stack(
        [np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BOX, box)) for image in pixels]
    )


def check_size(shape: tuple[int, ...], most: int, where: str) -> None:
    """Check the height and the width of an image. Raises DataError."""
    height, width = shape[:2]
    if max(height, width) > most:
        raise DataError(
            f"{where} has {height}x{width} pixels, at most {most}x{most} are trained on;"
            " --data.size N crops and scales all images to N x N"
        )
    if not (height and width):
        raise DataError(f"{where} has {height}x{width} pixels; give images that are not empty")


def _without_alpha(pixels: UInt8[np.ndarray, "n height width *channels"]) -> Converted:
    if pixels.ndim == 3:
        return pixels
    channels = pixels.shape[3]
    if channels in (2, 4):
        colors, alpha = pixels[..., :-1].astype(np.uint16), pixels[..., -1:].astype(np.uint16)
        pixels = ((colors * alpha + 127) // 255).astype(np.uint8)
    return pixels[..., 0] if channels in (1, 2) else pixels


def _is_grey(pixels: UInt8[np.ndarray, "n height width 3"]) -> bool:
    red = pixels[..., 0]
    return bool((red == pixels[..., 1]).all() and (red == pixels[..., 2]).all())
