"""Map steps and values to the columns and rows of a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class StepScale:
    """A step axis from `first` to `last`, both included.

    Each step gets an equal share of the `width` columns.
    """

    first: int
    last: int
    width: int

    @property
    def length(self) -> int:
        """The number of steps."""
        return self.last - self.first + 1

    def columns(self, steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the middle of each step's share, in columns from the left.

        Steps outside the plot are below 0 or above `width`.
        """
        return (steps - self.first + 0.5) * (self.width / self.length)

    def column(self, step: int) -> int:
        """Return the column of a step; the nearest edge if the step is outside."""
        return min(self.width - 1, max(0, int((step - self.first + 0.5) * self.width / self.length)))

    def step_at(self, column: float) -> int:
        """Return the step at a column; the nearest step if the column is outside."""
        return min(self.last, max(self.first, self.first + int(column * self.length // self.width)))

    def steps_in(self, column: int) -> tuple[int, int]:
        """Return the first and last step whose middle is in a column.

        If there are no such steps, the last is below the first.
        """
        first, behind = (self.first + math.ceil(c * self.length / self.width - 0.5) for c in (column, column + 1))
        return first, behind - 1

    def moved(self, step: int, columns: int) -> int:
        """Return the step some columns further right, at least one step away.

        It is the step in the middle of its column.
        """
        column = self.column(step) + columns
        target = self.first + int((column + 0.5) * self.length // self.width)
        if columns > 0:
            return max(target, step + 1)
        return min(target, step - 1) if columns < 0 else step


@dataclass(frozen=True)
class ValueScale:
    """A value axis from `low` to `high` over `height` rows.

    The highest value is at the top.
    """

    low: float
    high: float
    log: bool
    height: int

    def rows(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Convert values to rows from the top.

        Values outside the plot are below 0 or at least `height`.
        """
        values, low, high = np.asarray(values, float), self.low, self.high
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values, low, high = np.log10(values), np.log10(low), np.log10(high)
        return (high - values) / (high - low) * (self.height - 1) + 0.5
