"""Convert images to the intensities that are drawn.

Images have their channels last; intensities in color have them before the rows, so that both axes of an image are last.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8

from ...core.protocol import has_colors
from .capabilities import Capabilities
from .picture_cells import BLOCKS, resample, sharpen

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the brightness of a color (ITU-R BT.601, as in Pillow)."""


def draws_colors(terminal: Capabilities, style: str) -> bool:
    """Return whether color images are drawn in color, not in gray, in a style."""
    return style in BLOCKS and terminal.unicode and terminal.colors in ("truecolor", "256")


def intensities(images: UInt8[np.ndarray, ...], axes: int, *, in_color: bool, dark: bool) -> Float32[np.ndarray, ...]:
    """Return images as intensities from 0 to 1: of ink, or of red, green and blue.

    Color images that are drawn in gray keep light what is light, where gray ones are always ink: black is empty. A
    black color image is one that is missing, and has no ink.

    Args:
        images: Images, in color if they have three axes.
        axes: Axes before those of an image.
        in_color: Whether to return color images in color.
        dark: Whether the background is dark, so that ink is light.
    """
    scaled = images / np.float32(255)
    if not has_colors(images.shape[axes:]):
        return scaled
    if in_color:
        return np.moveaxis(scaled, -1, -3)
    grey = scaled @ _LUMA
    there = np.expand_dims(images.max(axis=(-3, -2, -1)), (-2, -1)) > 0
    return grey if dark else np.where(there, 1 - grey, np.float32(0))


def shrink(
    images: Float32[np.ndarray, "*n height width"], height: int, width: int, *, in_color: bool
) -> Float32[np.ndarray, "*n h w"]:
    """Average areas of images, and sharpen gray ones, which are strokes; colors stay true."""
    small = resample(images, height, width)
    return small if in_color else sharpen(small, height / images.shape[-2])
