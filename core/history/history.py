"""The history of a run: the metrics of every step, the evaluations, and the marks of what happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from ..protocol import Evaluated, Event, Metric, Metrics, Rewound
from .marks import Mark, Marks
from .pyramid import CAPACITY
from .series import Series

EVALUATIONS = 4096
"""Evaluations that are kept of a split, at most."""


MAX_MISSING = 1_000_000
"""Steps that may be missing between two that are known, at most; behind a larger gap the history begins anew."""


class History:
    """What has been measured so far, by step, in memory that a long run does not fill; the log on disk has it all.

    The metrics of the newest steps are kept one by one, those of older steps in blocks, the larger the older
    (`Series`). A run that went back to an earlier checkpoint replaces what it had measured after it. `version` grows
    with every change, so that a listener can tell whether there is anything new to draw.

    Args:
        capacity: Steps that are kept one by one, about, and blocks that are kept of each size.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.version = 0
        self.first_step = 1
        """The first step that is known: above 1 when the run's past is missing."""
        self._series: dict[str, Series] = {metric: Series(capacity) for metric in get_args(Metric)}
        self._evaluations: dict[str, list[Evaluated]] = {}
        self._marks = Marks()

    @property
    def last_step(self) -> int:
        """The last step that is known; one below `first_step` when there is none."""
        return self.first_step - 1 + len(self._series["loss"])

    def add(self, event: Event) -> None:
        """Take in what an event has measured or marks, or what no longer holds; others tell nothing to remember."""
        marked = self._marks.add(event)
        match event:
            case Metrics():
                self._add_metrics(event)
            case Evaluated():
                known = self._evaluations.setdefault(event.split, [])
                while known and known[-1].step >= event.step:
                    known.pop()
                known.append(event)
                if len(known) > EVALUATIONS:
                    known[:] = _thin_out(known)
            case Rewound():
                self._go_back(event.step)
            case _ if not marked:
                return
        self.version += 1

    def take_back(self, step: int) -> None:
        """Drop what came after a step, as if it had not been: a recorded run is told again from there."""
        self._marks.take_back(step)
        self._go_back(step)
        self.version += 1

    def last(self, metric: Metric) -> float:
        """The metric of the last step; NaN when there is none."""
        return self._series[metric].last

    def last_smoothed(self, metric: Metric) -> float:
        """The smoothed metric of the last step; NaN when there is none."""
        return float(self.smoothed(metric, self.last_step, self.last_step, 1)[0])

    def envelope(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> tuple[Float32[np.ndarray, " columns"], Float32[np.ndarray, " columns"]]:
        """The lowest and highest value in each of `columns` equal parts of the steps `first_step` .. `last_step`.

        Every step falls in exactly one part, so a spike of one step shows at any zoom. NaN where a part holds
        no number. Among old steps a part that ends inside of a block takes in the whole block, so that a spike may
        show in the part beside it as well. The cost does not depend on the number of steps.
        """
        return self._series[metric].envelope(self._edges(first_step, last_step, columns))

    def smoothed(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> Float32[np.ndarray, " columns"]:
        """The smoothed metric at the last known step of each part; parts as in `envelope`.

        It is smoothed by step before it is thinned out, so it looks the same at every zoom. Among old steps it is
        the value at the end of the block there.
        """
        return self._series[metric].smoothed(self._edges(first_step, last_step, columns))

    def evaluations(self, split: Literal["train", "validation", "test"] = "validation") -> list[Evaluated]:
        """The evaluations of a split, by ascending step: all of them, or of very many a part, evenly by step.

        The newest one and the best one, of the lowest loss, are always among them. Should a rewind drop the best one,
        it is the best one of the part.
        """
        return [*self._evaluations.get(split, [])]

    def marks(self, first_step: int, last_step: int) -> list[Mark]:
        """What happened within the steps `first_step` .. `last_step` beside them, by ascending step; see `Marks`."""
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
        """Keep the metrics of the first `length` steps, and the evaluations up to there."""
        for series in self._series.values():
            series.truncate(length)
        for split, known in self._evaluations.items():
            self._evaluations[split] = [event for event in known if event.step <= self.last_step]

    def _edges(self, first_step: int, last_step: int, columns: int) -> Int64[np.ndarray, " edges"]:
        """Where the parts begin and end, as indices of the series."""
        span = last_step - first_step + 1
        return first_step - self.first_step + np.arange(columns + 1) * span // columns


def _thin_out(known: Sequence[Evaluated]) -> list[Evaluated]:
    """Leave out what leaves no gap above 4 / EVALUATIONS of the steps, but not the first, the last and the best one.

    Two gaps in a row are longer than that in the end, so about half of EVALUATIONS can be left at most.
    """
    best = min(known, key=lambda event: event.loss if math.isfinite(event.loss) else math.inf)
    gap = 4 * (known[-1].step - known[0].step) / EVALUATIONS
    kept = [known[0]]
    for event, following in pairwise(known[1:]):
        if event is best or following.step - kept[-1].step > gap:
            kept.append(event)
    return [*kept, known[-1]]
