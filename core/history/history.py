"""Hold the history of a run: metrics by step, evaluations and annotations."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Int64

from ..protocol import METRICS, Evaluated, Event, Failed, Metric, Metrics, ModelReady, Rewound, RunState, StateChanged
from .marks import Mark, Marks, thin_out
from .pyramid import CAPACITY
from .series import Series

EVALUATIONS = 4096
"""Evaluations stored per split, at most."""

MAX_MISSING = 1_000_000
"""Missing steps that are filled with NaN, at most; after a larger gap the history starts over."""


class History:
    """Hold a run's measurements by step in bounded memory.

    The event log on disk has all of them. The metrics of the newest steps are stored one by one, older ones in blocks
    that grow with their age (`Series`). A run that goes back to an earlier checkpoint replaces the metrics after that
    checkpoint. `version` grows with every change, so that a widget knows whether there is anything new to draw.

    Args:
        capacity: About how many steps are stored one by one, and how many blocks of each size.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.version = 0
        self.first_step = 1
        """The first known step: above 1 when the run's past is missing."""
        self._series: dict[Metric, Series] = {metric: Series(capacity) for metric in METRICS}
        self._evaluations: list[Evaluated] = []
        self._marks = Marks()
        self._total_steps: int | None = None
        self._is_over = False

    @property
    def last_step(self) -> int:
        """The last known step; `first_step` - 1 when there is none."""
        return self.first_step - 1 + len(self._series["loss"])

    @property
    def final_step(self) -> int | None:
        """The last step of the plan, or of a run that is over; None if not known."""
        return self.last_step if self._is_over else self._total_steps

    def add(self, event: Event) -> None:
        """Update the history with an event; events without metrics or marks change nothing."""
        marked = self._marks.add(event)
        match event:
            case Metrics():
                self._add_metrics(event)
            case Evaluated(split="validation"):
                known = self._evaluations
                while known and known[-1].step >= event.step:
                    known.pop()
                known.append(event)
                if len(known) > EVALUATIONS:
                    best = min(known, key=lambda event: event.loss if math.isfinite(event.loss) else math.inf)
                    known[:] = thin_out(known, EVALUATIONS, best)
            case Rewound():
                self._go_back(event.step)
            case ModelReady():
                self._total_steps, self._is_over = event.total_steps, False
                self._go_back(event.step)
            case Failed() | StateChanged(state=RunState.FINISHED | RunState.STOPPED | RunState.FAILED):
                self._is_over = True
            case _ if not marked:
                return
        self.version += 1

    def take_back(self, step: int) -> None:
        """Drop everything after a step: a replay plays the run again from there."""
        self._marks.take_back(step)
        self._is_over = False
        self._go_back(step)
        self.version += 1

    def last(self, metric: Metric) -> float:
        """Return the metric of the last step; NaN when there is none."""
        return self._series[metric].last

    def last_smoothed(self, metric: Metric) -> float:
        """Return the smoothed metric of the last step; NaN when there is none."""
        return float(self.smoothed(metric, self.last_step, self.last_step, 1)[0])

    def envelope(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> tuple[Float32[np.ndarray, " columns"], Float32[np.ndarray, " columns"]]:
        """Return the minimum and maximum of `columns` equal parts.

        They are parts of the steps `first_step` .. `last_step`.

        Every step belongs to exactly one part, so a spike of one step shows at any zoom. NaN where a part has no
        number. Among old steps, a part that ends inside a block includes the whole block, so that a spike may also
        show in the neighboring part. The cost does not depend on the number of steps.

        Returns:
            The minima and the maxima, each of shape (columns,).
        """
        return self._series[metric].envelope(self._edges(first_step, last_step, columns))

    def smoothed(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> Float32[np.ndarray, " columns"]:
        """Return the smoothed metric at the end of each part.

        That is the part's last known step; parts are as in `envelope`.

        The metric is smoothed by step before it is subsampled, so the curve is the same at every zoom. Among old steps
        the value is that at the end of its block.
        """
        return self._series[metric].smoothed(self._edges(first_step, last_step, columns))

    def smoothed_between(self, metric: Metric, edges: Int64[np.ndarray, " edges"]) -> Float32[np.ndarray, " edges-1"]:
        """Return the smoothed metric at the end of each part of any length.

        Part i has the steps `edges[i]` .. `edges[i + 1] - 1`; NaN where none of them is known. Otherwise as `smoothed`.
        """
        return self._series[metric].smoothed(edges - self.first_step)

    def evaluations(self) -> list[Evaluated]:
        """Return the validation evaluations by ascending step.

        Of more than EVALUATIONS, an even selection is stored. The newest one and the best one (with the lowest loss)
        are always included. If a rewind drops the best one, the best one of the selection takes its place.
        """
        return [*self._evaluations]

    def marks(self, first_step: int, last_step: int) -> list[Mark]:
        """Return the marks of the steps `first_step` .. `last_step`, by ascending step; see `Marks`."""
        return self._marks.between(first_step, last_step)

    def _add_metrics(self, event: Metrics) -> None:
        self._marks.cut(event.first_step - 1)
        missing = event.first_step - 1 - self.last_step
        if self.last_step < self.first_step or event.first_step < self.first_step or missing > MAX_MISSING:
            self._cut(0)
            self.first_step = event.first_step
        elif event.first_step <= self.last_step:
            self._cut(event.first_step - self.first_step)
        gap = np.full(event.first_step - 1 - self.last_step, np.nan, np.float32)
        for metric, series in self._series.items():
            series.append(gap)
            series.append(getattr(event, metric))

    def _go_back(self, step: int) -> None:
        self.first_step = min(self.first_step, step + 1)
        self._cut(step + 1 - self.first_step)

    def _cut(self, length: int) -> None:
        """Drop the metrics after the first `length` steps, and the evaluations after them."""
        for series in self._series.values():
            series.truncate(length)
        self._evaluations = [event for event in self._evaluations if event.step <= self.last_step]

    def _edges(self, first_step: int, last_step: int, columns: int) -> Int64[np.ndarray, " edges"]:
        """Return the boundaries of the parts as indices of the series."""
        span = last_step - first_step + 1
        return first_step - self.first_step + np.arange(columns + 1) * span // columns
