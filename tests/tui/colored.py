"""Pictures that are no digits of 28 pixels, for the tests: shaded shapes in color, tiny digits, many classes."""

from __future__ import annotations

import colorsys
import string

import numpy as np
from scripted import digits

SHAPES = 4
"""Disc, square, ring, triangle."""

CHARACTERS = (*string.digits, *string.ascii_uppercase, *string.ascii_lowercase)
"""The names of 62 classes."""

_HUES = ("red", "orange", "amber", "lime", "green", "mint", "aqua", "blue", "navy", "violet", "pink", "rose")
THINGS = tuple(f"{hue} {('disc', 'square', 'ring', 'triangle')[i % SHAPES]}" for i, hue in enumerate(_HUES))
"""The names of twelve classes of shapes."""


def color_images(classes: int, n: int, height: int = 32, width: int = 32) -> np.ndarray:
    """Shapes in the hue of their class, lit from the upper left, before a sky: uint8 [classes, n, height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    y, x = 2 * y[..., None] / height - 1, 2 * x[..., None] / width - 1
    images = np.empty((classes, n, height, width, 3), np.float32)
    for label in range(classes):
        hue = np.array(colorsys.hsv_to_rgb(label / classes, 0.85, 1.0))
        rng = np.random.default_rng(label)
        for number in range(n):
            down, across = rng.uniform(-0.2, 0.2, 2)
            size = rng.uniform(0.5, 0.75)
            shape = _shape(label % SHAPES, (y - down) / size, (x - across) / size)
            sky = np.array([0.25, 0.35, 0.5]) * (0.9 - 0.5 * (y + 1) / 2) + 0 * x
            light = np.clip(0.75 - 0.35 * (x - across) / size - 0.35 * (y - down) / size, 0.15, 1)
            images[label, number] = np.where(shape, hue * light, sky)
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)


def tiny_digits() -> np.ndarray:
    """Real digits, made as small as scikit-learn's: uint8 [10, 16, 8, 8]."""
    return digits()[:, :, 2:26, 2:26].reshape(10, 16, 8, 3, 8, 3).mean((3, 5)).astype(np.uint8)


def many_classes() -> np.ndarray:
    """Real digits, turned over and over to be the classes of CHARACTERS: uint8 [62, 8, 28, 28]."""
    turns = tuple(lambda digit, k=k: np.rot90(digit, k) for k in range(4))
    ways = (*turns, np.fliplr, np.flipud, np.transpose)
    return np.stack(
        [[ways[label // 10](digit) for digit in digits()[label % 10][:8]] for label in range(len(CHARACTERS))]
    )


def _shape(kind: int, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    distance = np.hypot(y, x)
    shapes = (
        distance < 1,
        np.maximum(abs(y), abs(x)) < 0.85,
        (distance < 1) & (distance > 0.5),
        abs(x) < (y + 0.9) / 1.7,
    )
    return shapes[kind] & (abs(y) < 1)
