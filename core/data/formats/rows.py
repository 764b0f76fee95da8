"""Shape arrays of numbers into images."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Shaped

from ...errors import DataError


def as_images(
    array: Shaped[np.ndarray, ...], name: str, shape: tuple[int, ...]
) -> Shaped[np.ndarray, "n height width *channels"]:
    """Return an array as images with the channels last.

    Args:
        array: [n, height, width]; with channels as the last or the second axis; or flat, [n, pixels].
        name: What to call the array in a message.
        shape: Height and width of flat images; empty: they are square.

    Raises:
        DataError: when it has another shape.
    """
    if array.ndim == 2:
        return array.reshape(len(array), *_sides(array.shape[1], name, shape))
    if array.ndim == 4 and array.shape[-1] not in (1, 2, 3, 4) and array.shape[1] in (1, 3):
        return np.moveaxis(array, 1, -1)  # as PyTorch stores images
    if array.ndim == 3 or (array.ndim == 4 and array.shape[-1] in (1, 2, 3, 4)):
        return array
    raise DataError(
        f"{name} has images of shape {list(array.shape)}; store gray ones as [n, height, width], color ones as"
        " [n, height, width, 3]"
    )


def _sides(pixels: int, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the height and the width of images of so many pixels."""
    if shape:
        height, width = shape
        if height * width != pixels:
            raise DataError(f"{name} has {pixels} pixels per image, which is not {height}x{width} (--data.shape)")
        return height, width
    side = math.isqrt(pixels)
    if side * side != pixels or not pixels:
        raise DataError(f"{name} has {pixels} pixels per image, which is not a square; give --data.shape HEIGHT,WIDTH")
    return side, side
