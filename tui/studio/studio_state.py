"""The immutable state of the studio: a point, a plane, and a strip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8

from ...core.protocol import CodeSpace, Weights
from .geometry import axis_directions, axis_pair, random_directions

FINEST, COARSEST = 1 / 8, 2.0
"""Minimum and maximum length of a step in the plane, in standard deviations of the noise."""

REACH = 5.0
"""Largest coordinate of a walk: the model has not learned codes that far out."""

HOTTEST = 2.0
TEMPERATURE_STEP = 0.1

WEIGHTS: tuple[Weights, ...] = ("ema", "raw", "best")

StripKind = Literal["none", "traverse", "between"]

_PLANE = 1
"""Seed component that makes the random planes independent of the codes."""


class Start(NamedTuple):
    """Where an exploration begins."""

    label: int = 0
    seed: int = 0
    """The seed of the noise and of the planes."""
    temperature: float = 1.0


@dataclass(frozen=True, eq=False)
class Point:
    """Everything that determines an image, except the parameters."""

    code: Float32[np.ndarray, " latents"]
    """The code at temperature 1."""
    classes: Float32[np.ndarray, " classes"]
    """The class as a one-hot vector, or a mixture of classes."""
    temperature: float = 1.0
    """Factor on noise; latents are not scaled."""
    space: CodeSpace = "noise"
    seed: int | None = None
    """The seed that the code was drawn with; None for any other code."""

    @property
    def sent(self) -> Float32[np.ndarray, " latents"]:
        """The code to send to the trainer."""
        return self.code if self.space == "latents" else np.float32(self.temperature) * self.code


@dataclass(frozen=True, eq=False)
class Pin:
    """An image as it was when the user pinned it."""

    point: Point
    image: UInt8[np.ndarray, "height width *channels"]
    weights: Weights
    step: int


@dataclass(frozen=True, eq=False)
class Plane:
    """Two directions to walk in: east and north."""

    directions: Float32[np.ndarray, "2 latents"]
    number: int
    name: str


@dataclass(frozen=True, eq=False)
class Studio:
    """The state of the studio; every operation returns a new state."""

    anchor: Point
    """The point where the walk began."""
    plane: Plane
    place: tuple[int, int]
    """Steps taken from the anchor: to the east and to the north."""
    seed: int
    """The seed of the last drawn code."""
    step: float = 1.0
    """Length of a step in the plane."""
    weights: Weights = "ema"
    strip: StripKind = "none"
    dimension: int = 0
    """The dimension that the strip traverses, from 0."""
    ends: tuple[Point | None, Point | None] = (None, None)
    """The marks A and B."""
    pins: tuple[Pin, ...] = ()

    @classmethod
    def begin(
        cls,
        latents: int,
        classes: int,
        start: Start = Start(),  # noqa: B008 (immutable)
    ) -> Studio:
        """Return the first state.

        Args:
            latents: Dimensions of the latent space.
            classes: Number of classes.
            start: Where to begin.
        """
        kind = one_hot(start.label, classes)
        point = Point(draw_noise(start.seed, latents), kind, start.temperature, seed=start.seed)
        return cls(point, make_plane(point.space, latents, start.seed, 0), (0, 0), start.seed)

    # -- position

    @property
    def point(self) -> Point:
        """The image in the middle."""
        return self.neighbour(0, 0)

    def neighbour(self, east: int, north: int) -> Point:
        """Return the point some steps to the east and to the north."""
        steps = np.array([self.place[0] + east, self.place[1] + north], np.float32)
        if not steps.any():
            return self.anchor
        code = self.anchor.code + np.float32(self.step) * steps @ self.plane.directions
        return replace(self.anchor, code=code, seed=None)

    @property
    def coordinates(self) -> tuple[float, float]:
        """The coordinates in the plane, east and north.

        They are the code's projection on the plane's directions.
        """
        east, north = self.plane.directions @ self.anchor.code
        return float(east) + self.step * self.place[0], float(north) + self.step * self.place[1]

    def offset_from(self, earlier: Studio) -> tuple[int, int] | None:
        """Return the steps from an earlier state to this one.

        If the two states differ in more than steps in the plane, return None.
        """
        same = self.anchor is earlier.anchor and self.plane is earlier.plane
        if not same or (self.step, self.weights) != (earlier.step, earlier.weights):
            return None
        return self.place[0] - earlier.place[0], self.place[1] - earlier.place[1]

    # -- operations

    def walk(self, east: int, north: int) -> Studio:
        """Take steps in the plane, up to REACH.

        From beyond REACH, only steps back toward it are taken.
        """
        at_east, at_north = self.coordinates
        east, north = _bounded(at_east, east, self.step), _bounded(at_north, north, self.step)
        return replace(self, place=(self.place[0] + east, self.place[1] + north))

    def zoom(self, by: int) -> Studio:
        """Double or halve the length of a step, between FINEST and COARSEST."""
        step = min(COARSEST, max(FINEST, self.step * 2.0**by))
        return replace(self.at(self.point), step=step)

    def go_to_middle(self) -> Studio:
        """Go to the middle of the plane, where both coordinates are 0."""
        code = self.point.code
        return self.at(
            replace(self.point, code=code - (self.plane.directions @ code) @ self.plane.directions, seed=None)
        )

    def at(self, point: Point) -> Studio:
        """Go to another point, keeping the plane unless the space changes."""
        plane = self.plane
        if point.space != self.anchor.space:
            plane = make_plane(point.space, len(point.code), self.seed, 0)
        return replace(self, anchor=point, plane=plane, place=(0, 0))

    def at_latents(self, latents: Float32[np.ndarray, " latents"], label: int) -> Studio:
        """Go to latents of a class, given by its label."""
        kind = one_hot(label, len(self.anchor.classes))
        return self.at(Point(latents.astype(np.float32), kind, self.anchor.temperature, "latents"))

    def choose(self, label: int) -> Studio:
        """Select a class by its label, which must exist."""
        return replace(self, anchor=replace(self.anchor, classes=one_hot(label, len(self.anchor.classes))))

    def next_class(self, by: int) -> Studio:
        """Move the class by labels, wrapping around; a mixture starts from its heaviest class."""
        return self.choose((int(np.argmax(self.anchor.classes)) + by) % len(self.anchor.classes))

    def heat(self, by: int) -> Studio:
        """Change the temperature by steps of TEMPERATURE_STEP, between 0 and HOTTEST."""
        temperature = round(self.anchor.temperature + by * TEMPERATURE_STEP, 6)
        return replace(self, anchor=replace(self.anchor, temperature=min(HOTTEST, max(0.0, temperature))))

    def reseed(self, by: int = 1) -> Studio:
        """Draw new noise for the same class, with another seed.

        `by` is added to the seed, which stays at least 0.
        """
        seed = max(0, self.seed + by)
        point = replace(self.point, code=draw_noise(seed, len(self.anchor.code)), space="noise", seed=seed)
        return replace(self.at(point), seed=seed)

    def turn(self) -> Studio:
        """Switch to another plane through the current image."""
        plane = make_plane(self.anchor.space, len(self.anchor.code), self.seed, self.plane.number + 1)
        return replace(self.at(self.point), plane=plane)

    def next_weights(self) -> Studio:
        """Switch to the next set of parameters."""
        return replace(self, weights=WEIGHTS[(WEIGHTS.index(self.weights) + 1) % len(WEIGHTS)])

    def mark(self, end: int) -> Studio:
        """Mark the current image as end A (0) or B (1)."""
        ends = (self.point, self.ends[1]) if end == 0 else (self.ends[0], self.point)
        return replace(self, ends=ends, strip="between" if None not in ends else self.strip)

    def toggle_traverse(self) -> Studio:
        """Show or hide the strip along a dimension."""
        return replace(self, strip="none" if self.strip == "traverse" else "traverse")

    def choose_dimension(self, by: int) -> Studio:
        """Change the dimension that the strip traverses, and show the strip."""
        dimension = (self.dimension + by) % len(self.anchor.code) if self.strip == "traverse" else self.dimension
        return replace(self, dimension=dimension, strip="traverse")


def one_hot(label: int, classes: int) -> Float32[np.ndarray, " classes"]:
    """Return a class as a one-hot vector."""
    return np.eye(classes, dtype=np.float32)[label]


def draw_noise(seed: int, latents: int) -> Float32[np.ndarray, " latents"]:
    """Draw standard normal noise, always the same for a seed."""
    return np.random.default_rng(seed).standard_normal(latents, np.float32)


def make_plane(space: CodeSpace, latents: int, seed: int, number: int) -> Plane:
    """Return plane `number` of a space.

    Noise has random planes, since its dimensions are alike; latents have pairs of dimensions.
    """
    if space == "noise":
        directions = random_directions(np.random.default_rng((seed, number, _PLANE)), latents)
        return Plane(directions, number, f"plane {number + 1}")
    first = axis_pair(latents, number)
    name = f"dimensions {first + 1}, {first + 2}" if latents > 1 else "dimension 1"
    return Plane(axis_directions(latents, number), number, name)


def _bounded(coordinate: float, steps: int, length: float) -> int:
    """Return as many of the steps as REACH allows.

    The last step ends within REACH, or no further out than the start.
    """
    limit = max(REACH, abs(coordinate)) + 1e-6
    while steps and abs(coordinate + length * steps) > limit:
        steps -= 1 if steps > 0 else -1
    return steps
