"""Frames: all images shown at once, as one request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from ...core.protocol import MAX_CODES
from .strips import strip_points
from .studio_state import Point, Studio

MAX_ACROSS = 7
"""Maximum images of the neighborhood in each direction."""

MAX_STRIP = MAX_CODES - MAX_ACROSS**2
"""Maximum images of a strip: what the neighborhood leaves of a request."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A neighborhood of images, and the images of the strip.

    The neighborhood is ordered row by row from the north-west.
    """

    studio: Studio
    rows: int
    columns: int
    strip: tuple[Point, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, in the order of the request."""
        norths = range(self.rows // 2, -(self.rows // 2) - 1, -1)
        easts = range(-(self.columns // 2), self.columns // 2 + 1)
        return (*(self.studio.neighbour(east, north) for north in norths for east in easts), *self.strip)

    def codes(self) -> Float32[np.ndarray, "n latents"]:
        """Return the codes to send to the trainer."""
        return np.stack([point.sent for point in self.points])

    def classes(self) -> Float32[np.ndarray, "n classes"]:
        """Return the class of each image, one-hot or a mixture."""
        return np.stack([point.classes for point in self.points])


def make_frame(studio: Studio, rows: int, columns: int, strip: int) -> Frame:
    """Return the frame of a state.

    A strip in a different space from the neighborhood is left out, because a request has one space.

    Args:
        studio: The state.
        rows: Rows of the neighborhood: odd, at most MAX_ACROSS.
        columns: Columns of the neighborhood: odd, at most MAX_ACROSS.
        strip: Images of the strip, at most MAX_STRIP.
    """
    points = strip_points(studio, strip)
    alike = all(point.space == studio.anchor.space for point in points)
    return Frame(studio, rows, columns, points if alike else ())


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame and its images."""

    frame: Frame
    images: UInt8[np.ndarray, "n height width *channels"]
    step: int
    """The training step at which the images were drawn."""

    @property
    def aspect(self) -> float:
        """Width per height of the images."""
        height, width = self.images.shape[1:3]
        return width / height

    def around(self, studio: Studio) -> UInt8[np.ndarray, "rows columns height width *channels"]:
        """Return the neighborhood of a later state, black where no image is known yet.

        If more than steps in the plane separate the two states, return the neighborhood of the frame itself.
        """
        rows, columns = self.frame.rows, self.frame.columns
        known = self.images[: rows * columns].reshape(rows, columns, *self.images.shape[1:])
        east, north = studio.offset_from(self.frame.studio) or (0, 0)
        seen = np.zeros_like(known)
        target, source = _overlap(rows, -north), _overlap(rows, north)
        left, right = _overlap(columns, east), _overlap(columns, -east)
        seen[target, left] = known[source, right]
        return seen

    def middle(self, studio: Studio) -> tuple[Point, UInt8[np.ndarray, "height width *channels"]]:
        """Return the image of a later state, or else the middle one.

        The later state's image is known if it is in the neighborhood.
        """
        rows, columns = self.frame.rows, self.frame.columns
        offset = studio.offset_from(self.frame.studio)
        if offset and abs(offset[0]) <= columns // 2 and abs(offset[1]) <= rows // 2:
            return studio.point, self.around(studio)[rows // 2, columns // 2]
        return self.frame.studio.point, self.images[rows * columns // 2]

    @property
    def strip(self) -> UInt8[np.ndarray, "n height width *channels"]:
        """The images of the strip."""
        return self.images[self.frame.rows * self.frame.columns :]


def _overlap(length: int, shift: int) -> slice:
    """Return where, after a view moves by `shift`, the part that stays visible is."""
    return slice(max(0, -shift), max(0, min(length, length - shift)))
