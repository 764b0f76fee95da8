"""Pictures in color for the tests: shaded shapes, a shape and a hue for each class."""

from __future__ import annotations

import colorsys

import numpy as np

SHAPES = 4
"""Disc, square, ring, triangle."""


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


def _shape(kind: int, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    distance = np.hypot(y, x)
    shapes = (
        distance < 1,
        np.maximum(abs(y), abs(x)) < 0.85,
        (distance < 1) & (distance > 0.5),
        abs(x) < (y + 0.9) / 1.7,
    )
    return shapes[kind] & (abs(y) < 1)
