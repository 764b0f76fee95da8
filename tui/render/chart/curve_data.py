"""Read from a history what the charts show: downsampled metrics, validation values, single steps."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from jaxtyping import Float, Float32

from ....core.history import History
from ....core.protocol import LOSS_METRICS, METRICS, Evaluated, Metric

_PARTS = 16
"""Parts per subdivision of a range in the search for a step."""


@dataclass(frozen=True)
class Samples:
    """A metric downsampled to equal parts of a step range.

    Each part has its middle step, its lowest and highest value, and its smoothed value.
    """

    steps: Float[np.ndarray, " parts"]
    lows: Float32[np.ndarray, " parts"]
    highs: Float32[np.ndarray, " parts"]
    smoothed: Float32[np.ndarray, " parts"]


@dataclass(frozen=True)
class Points:
    """Validation values by ascending step.

    `best` is the index of the point with the lowest loss, if it is included; the loss alone has a best value.
    """

    steps: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    best: int | None


@dataclass(frozen=True)
class Extreme:
    """The highest or lowest value of a step range, and its step.

    Old steps are stored in blocks: then the steps are those of the block.
    """

    value: float
    first_step: int
    last_step: int


@dataclass(frozen=True)
class Reading:
    """The known values of one step.

    For an old step they are the lowest and highest value of its block.
    """

    step: int
    values: dict[Metric, tuple[float, float]]
    """By metric: the lowest and highest possible value of the step; NaN if unknown."""
    validation: Evaluated | None
    """The last evaluation up to the step, or None."""


class CurveData:
    """Read a history for drawing, with caches for what does not change between drawings."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._version = -1
        self._evaluations: Sequence[Evaluated] = ()
        self._columns: Float[np.ndarray, "4 n"] = np.empty((4, 0))
        self._extremes: dict[tuple[Metric, bool], tuple[tuple[float, int, int], Extreme]] = {}
        self._reading: tuple[int, dict[Metric, tuple[float, float]]] | None = None

    def samples(self, metric: Metric, first_step: int, last_step: int, parts: int) -> Samples:
        """Downsample a metric to at most one part per step.

        Args:
            metric: The metric.
            first_step: First step of the range, included.
            last_step: Last step of the range, included.
            parts: Maximum number of parts.
        """
        length = last_step - first_step + 1
        parts = min(parts, length)
        steps = first_step - 0.5 + (np.arange(parts) + 0.5) * (length / parts)
        lows, highs = self.history.envelope(metric, first_step, last_step, parts)
        return Samples(steps, lows, highs, self.history.smoothed(metric, first_step, last_step, parts))

    def points(self, metric: Metric, first_step: int, last_step: int) -> Points:
        """Return the validation values of a metric in a step range.

        One more value on either side is included, to join the values by a line.
        """
        if metric not in LOSS_METRICS:
            return Points(np.empty(0), np.empty(0), None)
        table = self._evaluated()
        first = max(0, int(np.searchsorted(table[0], first_step)) - 1)
        last = int(np.searchsorted(table[0], last_step, side="right")) + 1
        part = table[:, first:last]
        here = np.flatnonzero((part[0] == self._best_step()) & (metric == "loss"))
        return Points(part[0], part[1 + LOSS_METRICS.index(metric)], int(here[0]) if len(here) else None)

    def locate(self, metric: Metric, value: float, first_step: int, last_step: int, *, highest: bool) -> Extreme:
        """Find the step of the highest or lowest value.

        `value` is the highest or lowest value of the step range.
        """
        key = metric, highest
        asked = value, first_step, last_step
        if key not in self._extremes or self._extremes[key][0] != asked:
            which = 1 if highest else 0
            while (length := last_step - first_step + 1) > 1:
                parts = min(_PARTS, length)
                found = np.flatnonzero(self.history.envelope(metric, first_step, last_step, parts)[which] == value)
                if len(found) == 0 or found[-1] - found[0] + 1 == parts:  # one block of indistinguishable steps
                    break
                last_step = first_step - 1 + (int(found[-1]) + 1) * length // parts
                first_step = first_step + int(found[0]) * length // parts
            self._extremes[key] = asked, Extreme(value, first_step, last_step)
        return self._extremes[key][1]

    def reading(self, step: int) -> Reading:
        """Return the known values of a step."""
        (low,), (high,) = self.history.envelope("loss", step, step, 1)
        if self._reading is None or self._reading[0] != step or self._reading[1]["loss"] != (low, high):
            values: dict[Metric, tuple[float, float]] = {}
            for metric in METRICS:
                (low,), (high,) = self.history.envelope(metric, step, step, 1)
                values[metric] = float(low), float(high)
            self._reading = step, values
        before = int(np.searchsorted(self._evaluated()[0], step, side="right"))
        return Reading(step, self._reading[1], self._evaluations[before - 1] if before > 0 else None)

    def _best_step(self) -> float:
        """Return the step of the evaluation with the lowest loss, or NaN."""
        steps, losses = self._evaluated()[:2]
        finite = np.isfinite(losses)
        return float(steps[finite][losses[finite].argmin()]) if finite.any() else math.nan

    def _evaluated(self) -> Float[np.ndarray, "4 n"]:
        """Return step, loss, reconstruction and KL term of each evaluation.

        Evaluations before the known steps are left out.
        """
        if self._version != self.history.version:
            self._version = self.history.version
            events = self.history.evaluations()
            events = events[bisect_left(events, self.history.first_step - 1, key=attrgetter("step")) :]
            # Evaluations are only appended, or removed from the end by a rewind.
            if len(events) != len(self._evaluations) or (events and events[-1] is not self._evaluations[-1]):
                self._evaluations = events
                rows = [(event.step, *(getattr(event, metric) for metric in LOSS_METRICS)) for event in events]
                self._columns = np.array(rows, float).reshape(-1, 4).T
        return self._columns


@dataclass(frozen=True)
class EarlierRun:
    """Another run, whose curves are drawn behind those of the run that is shown."""

    name: str
    data: CurveData


def number(value: float) -> str:
    """Format a measured value briefly: "98.21", "0.0031", "1.2e+05"."""
    if not math.isfinite(value) or 1 <= abs(value) < 1000:
        return f"{value:.2f}"
    if 1000 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:.4g}"
