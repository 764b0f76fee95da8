"""The shape of images: unsigned bytes, gray without a channel axis, or in color with three channels as the last axis.

Arrays of images have leading axes before these, as in `[classes, n, height, width, 3]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from ..config.data_config import MAX_SIDE

ImageShape = tuple[int, ...]
"""(height, width) of gray images, (height, width, 3) of color images."""

CHANNELS = 3

_TEXT = re.compile(r"([0-9]{1,4})x([0-9]{1,4})(?:x(3))?")


def no_images() -> UInt8[np.ndarray, "0 1 1"]:
    """Return an array without images, for answers that have none."""
    return np.zeros((0, 1, 1), np.uint8)


def has_colors(shape: Sequence[int]) -> bool:
    """Return whether images of a shape, given without leading axes, are in color."""
    return len(shape) == CHANNELS


def is_image_shape(shape: Sequence[int]) -> bool:
    """Return whether images can have a shape, given without leading axes."""
    sides, channels = shape[:2], shape[2:]
    return len(sides) == 2 and all(1 <= side <= MAX_SIDE for side in sides) and tuple(channels) in ((), (CHANNELS,))


def format_shape(shape: Sequence[int]) -> str:
    """Return a shape as text, such as "28x28" or "32x32x3"."""
    return "x".join(map(str, shape))


def parse_shape(text: str) -> ImageShape:
    """Return the shape of a text from `format_shape`. Raises ValueError for another text."""
    found = _TEXT.fullmatch(text)
    shape = tuple(int(size) for size in found.groups() if size) if found else ()
    if not is_image_shape(shape):
        raise ValueError(f"{text[:40]!r} is not the shape of an image")
    return shape
