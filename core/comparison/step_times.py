"""Map steps to training time, in bounded memory."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

MAX_KNOTS = 1024
"""Known (step, time) pairs, at most; between two of them time is interpolated."""


class StepTimes:
    """Tell how many seconds a run had trained after each step.

    Only the time of the steps that hold counts: compilation, evaluations, pauses, and steps that a rewind discarded,
    do not.
    """

    def __init__(self) -> None:
        self._steps = [0.0]
        self._seconds = [0.0]
        self._known: Float[np.ndarray, "2 knots"] | None = None
        """The steps and the seconds as an array, until they change."""

    @property
    def last(self) -> float:
        """The seconds of all steps."""
        return self._seconds[-1]

    def add(self, first_step: int, last_step: int, seconds: float) -> None:
        """Add the time of some steps; known steps from `first_step` on are replaced."""
        self.cut(first_step - 1)
        self._known = None
        if first_step - 1 > self._steps[-1]:  # the time of missing steps is unknown
            self._steps.append(first_step - 1.0)
            self._seconds.append(self._seconds[-1])
        self._steps.append(float(last_step))
        self._seconds.append(self._seconds[-1] + seconds)
        if len(self._steps) > MAX_KNOTS:
            for knots in (self._steps, self._seconds):
                knots[:] = [*knots[:-1:2], knots[-1]]

    def cut(self, step: int) -> None:
        """Forget the time of the steps after a step."""
        if step >= self._steps[-1]:
            return
        seconds = float(self.at(np.array([float(step)]))[0])
        self._known = None
        while self._steps and self._steps[-1] >= step:
            self._steps.pop()
            self._seconds.pop()
        self._steps.append(float(step))
        self._seconds.append(seconds)

    def at(self, steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the seconds after each step; those of the nearest known step outside of the known ones."""
        known_steps, known_seconds = self._knots()
        return np.interp(steps, known_steps, known_seconds)

    def steps_at(self, seconds: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the step, perhaps between two, at each number of seconds."""
        known_steps, known_seconds = self._knots()
        return np.interp(seconds, known_seconds, known_steps)

    def _knots(self) -> Float[np.ndarray, "2 knots"]:
        if self._known is None:
            self._known = np.array([self._steps, self._seconds])
        return self._known
