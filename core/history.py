"""The history of a run: the metrics of every step, and the evaluations."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from .events import Evaluated, Event, Metrics, Rewound
from .series import Series

Metric = Literal["loss", "reconstruction", "kl", "grad_norm", "learning_rate"]


class History:
    """What has been measured so far, by step.

    A run that went back to an earlier checkpoint replaces what it had measured after it. `version` grows with
    every change, so that a listener can tell whether there is anything new to draw.
    """

    def __init__(self) -> None:
        self.version = 0
        self.first_step = 1
        """The first step that is known: above 1 when the run's past is missing."""
        self._series: dict[str, Series] = {metric: Series() for metric in get_args(Metric)}
        self._evaluations: dict[str, list[Evaluated]] = {}

    @property
    def last_step(self) -> int:
        """The last step that is known; one below `first_step` when there is none."""
        return self.first_step - 1 + len(self._series["loss"])

    def add(self, event: Event) -> None:
        """Take in what an event has measured, or what no longer holds; other events tell nothing to remember."""
        match event:
            case Metrics():
                self._add_metrics(event)
            case Evaluated():
                self._evaluations[event.split] = [
                    *(known for known in self.evaluations(event.split) if known.step < event.step),
                    event,
                ]
            case Rewound():
                self.first_step = min(self.first_step, event.step + 1)
                self._cut(event.step + 1 - self.first_step)
            case _:
                return
        self.version += 1

    def last(self, metric: Metric) -> float:
        """The metric of the last step; NaN when there is none."""
        values = self._series[metric].values
        return float(values[-1]) if len(values) else math.nan

    def last_smoothed(self, metric: Metric) -> float:
        """The smoothed metric of the last step; NaN when there is none."""
        values = self._series[metric].smoothed()
        return float(values[-1]) if len(values) else math.nan

    def envelope(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> tuple[Float32[np.ndarray, " columns"], Float32[np.ndarray, " columns"]]:
        """The lowest and highest value in each of `columns` equal parts of the steps `first_step` .. `last_step`.

        Every step falls in exactly one part, so a spike of one step shows at any zoom. NaN where a part holds
        no number. The cost does not depend on the number of steps.
        """
        return self._series[metric].envelope(self._edges(first_step, last_step, columns))

    def smoothed(
        self, metric: Metric, first_step: int, last_step: int, columns: int
    ) -> Float32[np.ndarray, " columns"]:
        """The smoothed metric at the last known step of each part; parts as in `envelope`.

        It is smoothed by step before it is thinned out, so it looks the same at every zoom.
        """
        values = self._series[metric].smoothed()
        edges = np.clip(self._edges(first_step, last_step, columns), 0, len(values))
        if not len(values):
            return np.full(columns, np.nan, np.float32)
        return np.where(edges[:-1] < edges[1:], values[edges[1:] - 1], np.float32(np.nan))

    def evaluations(self, split: Literal["train", "validation", "test"] = "validation") -> list[Evaluated]:
        """The evaluations of a split, by ascending step."""
        return self._evaluations.get(split, [])

    def _add_metrics(self, event: Metrics) -> None:
        if self.last_step < self.first_step or event.first_step < self.first_step:
            self._cut(0)
            self.first_step = event.first_step
        elif event.first_step <= self.last_step:
            self._cut(event.first_step - self.first_step)
        missing = event.first_step - 1 - self.last_step
        for metric, series in self._series.items():
            series.append(np.full(missing, np.nan, np.float32))
            series.append(getattr(event, metric))

    def _cut(self, length: int) -> None:
        """Keep the metrics of the first `length` steps, and the evaluations up to there."""
        for series in self._series.values():
            series.truncate(length)
        for split, known in self._evaluations.items():
            self._evaluations[split] = [event for event in known if event.step <= self.last_step]

    def _edges(self, first_step: int, last_step: int, columns: int) -> Int64[np.ndarray, " columns+1"]:
        """Where the parts begin and end, as indices of the series."""
        span = last_step - first_step + 1
        return first_step - self.first_step + np.arange(columns + 1) * span // columns
