"""Where steps and values are in a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class StepScale:
    """The steps `first` .. `last`, both of them shown, over `width` columns: each step has an equal part of these."""

    first: int
    last: int
    width: int

    @property
    def length(self) -> int:
        """The number of steps."""
        return self.last - self.first + 1

    def columns(self, steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The middle of each step's part, in columns from the left; outside of the plot below 0 or above `width`."""
        return (steps - self.first + 0.5) * (self.width / self.length)

    def column(self, step: int) -> int:
        """The column that a step is in, at the nearest edge when it is outside."""
        return min(self.width - 1, max(0, int((step - self.first + 0.5) * self.width / self.length)))

    def step_at(self, column: float) -> int:
        """The step whose part a place is in, the nearest one when it is outside."""
        return min(self.last, max(self.first, self.first + int(column * self.length // self.width)))

    def steps_in(self, column: int) -> tuple[int, int]:
        """The first and the last step of those whose middle is in a column; the last is below the first without any."""
        first, behind = (self.first + math.ceil(c * self.length / self.width - 0.5) for c in (column, column + 1))
        return first, behind - 1

    def moved(self, step: int, columns: int) -> int:
        """The step in the middle of the column that is `columns` further on, at least one step away."""
        column = self.column(step) + columns
        target = self.first + int((column + 0.5) * self.length // self.width)
        if columns > 0:
            return max(target, step + 1)
        return min(target, step - 1) if columns < 0 else step


@dataclass(frozen=True)
class ValueScale:
    """Values from `low` to `high` over `height` rows, the highest at the top."""

    low: float
    high: float
    log: bool
    height: int

    def rows(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Values in rows from the top; outside of the plot they are below 0 or from `height` on."""
        values, low, high = np.asarray(values, float), self.low, self.high
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values, low, high = np.log10(values), np.log10(low), np.log10(high)
        return (high - values) / (high - low) * (self.height - 1) + 0.5
