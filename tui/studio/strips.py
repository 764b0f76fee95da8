"""Strips: rows of images along one dimension, or from one image to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .geometry import fractions, lerp, slerp
from .studio_state import Point, Studio

SPAN = 3.0
"""A traverse goes from -SPAN to SPAN, in standard deviations of the noise."""


def strip_points(studio: Studio, number: int) -> tuple[Point, ...]:
    """Return the points of the current strip, at most `number`.

    There are none without a strip, or if A and B are in different spaces.
    """
    start, end = studio.ends
    if studio.strip == "traverse" and number:
        return traverse(studio.point, studio.dimension, number)
    if studio.strip == "between" and number and start and end and start.space == end.space:
        return between(start, end, number)
    return ()


def traverse(point: Point, dimension: int, number: int) -> tuple[Point, ...]:
    """Return points along one dimension, from -SPAN to SPAN.

    The other dimensions of the code do not change.
    """
    codes = np.tile(point.code, (number, 1))
    codes[:, dimension] = np.linspace(-SPAN, SPAN, number) if number > 1 else 0
    return tuple(replace(point, code=code, seed=None) for code in codes)


def between(start: Point, end: Point, number: int) -> tuple[Point, ...]:
    """Interpolate between two points of one space.

    Noise is interpolated spherically; latents, class and temperature linearly.
    """
    codes = (slerp if start.space == "noise" else lerp)(start.code, end.code, number)
    classes = lerp(start.classes, end.classes, number)
    temperatures = start.temperature + (end.temperature - start.temperature) * fractions(number).astype(float)
    return tuple(
        Point(code, mixture, float(temperature), start.space)
        for code, mixture, temperature in zip(codes, classes, temperatures, strict=True)
    )


def strip_values(number: int) -> tuple[float, ...]:
    """Return the value of the dimension at each image of a traverse."""
    return tuple(np.linspace(-SPAN, SPAN, number).tolist()) if number > 1 else (0.0,)


def place_in(points: tuple[Point, ...], point: Point) -> int | None:
    """Return the index of a point in a strip, or None."""
    for index, other in enumerate(points):
        if (
            np.array_equal(other.code, point.code)
            and np.array_equal(other.classes, point.classes)
            and (other.temperature, other.space) == (point.temperature, point.space)
        ):
            return index
    return None


def along(studio: Studio, number: int, by: int) -> Studio:
    """Move along the strip by images.

    From a point off the strip, go to the nearest image of a traverse, or to A.
    """
    points = strip_points(studio, number)
    if not points:
        return studio
    here = place_in(points, studio.point)
    if here is None:
        distances = [float(np.abs(point.code - studio.point.code).sum()) for point in points]
        target = int(np.argmin(distances)) if studio.strip == "traverse" else 0
    else:
        target = min(len(points) - 1, max(0, here + by))
    return studio.at(points[target])
