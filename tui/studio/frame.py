"""Everything that the screen shows at once, as one question to the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ...core.protocol import MAX_CODES
from .strips import strip_points
from .studio_state import Point, Studio

MAX_ACROSS = 7
"""Digits of the neighbourhood in each direction."""

MAX_STRIP = MAX_CODES - MAX_ACROSS**2
"""Digits of a strip: what the neighbourhood leaves."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The digits around a place, line by line from the north-west on, and those of the strip."""

    studio: Studio
    rows: int
    columns: int
    strip: tuple[Point, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """All of them, in the order in which they are asked for."""
        norths = range(self.rows // 2, -(self.rows // 2) - 1, -1)
        easts = range(-(self.columns // 2), self.columns // 2 + 1)
        return (*(self.studio.neighbour(east, north) for north in norths for east in easts), *self.strip)

    def codes(self) -> Float32[np.ndarray, "n latents"]:
        """The codes as the model takes them."""
        return np.stack([point.sent for point in self.points])

    def classes(self) -> Float32[np.ndarray, "n classes"]:
        """The class of each digit."""
        return np.stack([point.classes for point in self.points])


def make_frame(studio: Studio, rows: int, columns: int, strip: int) -> Frame:
    """The frame of a state. `rows` and `columns` are odd and at most MAX_ACROSS, `strip` at most MAX_STRIP.

    A strip in another space than the neighbourhood is left out: a question is asked in one space.
    """
    points = strip_points(studio, strip)
    alike = all(point.space == studio.anchor.space for point in points)
    return Frame(studio, rows, columns, points if alike else ())


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame and its digits."""

    frame: Frame
    images: UInt8[np.ndarray, "n 28 28"]
    step: int
    """At which they were drawn."""

    def around(self, studio: Studio) -> UInt8[np.ndarray, "rows columns 28 28"]:
        """The neighbourhood as it is seen from a later state, black where nothing is known yet.

        It is the one of the frame as long as more than steps lies between the two.
        """
        rows, columns = self.frame.rows, self.frame.columns
        known = self.images[: rows * columns].reshape(rows, columns, 28, 28)
        east, north = studio.offset_from(self.frame.studio) or (0, 0)
        seen = np.zeros_like(known)
        target, source = _overlap(rows, -north), _overlap(rows, north)
        left, right = _overlap(columns, east), _overlap(columns, -east)
        seen[target, left] = known[source, right]
        return seen

    def middle(self, studio: Studio) -> tuple[Point, UInt8[np.ndarray, "28 28"]]:
        """The digit that is known and next to a later state: that state's own, if it is one of the neighbourhood."""
        rows, columns = self.frame.rows, self.frame.columns
        offset = studio.offset_from(self.frame.studio)
        if offset and abs(offset[0]) <= columns // 2 and abs(offset[1]) <= rows // 2:
            return studio.point, self.around(studio)[rows // 2, columns // 2]
        return self.frame.studio.point, self.images[rows * columns // 2]

    @property
    def strip(self) -> UInt8[np.ndarray, "n 28 28"]:
        """The strip's digits."""
        return self.images[self.frame.rows * self.frame.columns :]


def _overlap(length: int, shift: int) -> slice:
    """What is still in sight when the view moves on by `shift`: where it is seen afterwards."""
    return slice(max(0, -shift), max(0, min(length, length - shift)))
