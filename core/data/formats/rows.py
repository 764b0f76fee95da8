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
        shape: Height and width of flat images, and 3 channels last or first if they are in color; empty: they are
            square and gray.

    Raises:
        DataError: when it has another shape.
    """
    if array.ndim == 2:
        images = array.reshape(len(array), *_shape(array.shape[1], name, shape))
        return np.moveaxis(images, 1, -1) if images.ndim == 4 and images.shape[-1] != 3 else images
    if array.ndim == 4 and array.shape[-1] not in (1, 2, 3, 4) and array.shape[1] in (1, 3):
        return np.moveaxis(array, 1, -1)  # as PyTorch stores images
    if array.ndim == 3 or (array.ndim == 4 and array.shape[-1] in (1, 2, 3, 4)):
        return array
    raise DataError(
        f"{name} has images of shape {list(array.shape)}; store gray ones as [n, height, width], color ones as"
        " [n, height, width, 3]"
    )


def _shape(values: int, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of images of so many values."""
    if shape:
        if math.prod(shape) != values:
            given = "x".join(map(str, shape))
            raise DataError(f"{name} has {values} values per image, which is not {given} (--data.shape)")
        return shape
    side = math.isqrt(values)
    if side * side == values and values:
        return side, side
    side = math.isqrt(values // 3)
    is_color = 3 * side * side == values and values
    in_color = f" or, in color, {side},{side},3 (3,{side},{side} if all of red comes first)" if is_color else ""
    raise DataError(
        f"{name} has {values} values per image, which is not a square; give --data.shape HEIGHT,WIDTH{in_color}"
    )
