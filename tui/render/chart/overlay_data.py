"""Sample the metrics of several runs on a common axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ....core.comparison import Axis, ComparedRun
from ....core.protocol import LOSS_METRICS, Metric


@dataclass(frozen=True)
class OverlaidCurve:
    """The smoothed metric and the validation values of one run, by position on the axis."""

    positions: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    point_positions: Float[np.ndarray, " m"]
    point_values: Float[np.ndarray, " m"]

    @classmethod
    def empty(cls) -> OverlaidCurve:
        """Return a curve without values."""
        return cls(*np.empty((4, 0)))


@dataclass(frozen=True)
class RunReading:
    """What a run had measured at a position."""

    step: int | None
    """None where the run has no step."""
    value: float
    """The smoothed metric; NaN if unknown."""
    validation: float
    """The last validation value of the metric; NaN if there is none."""


def sample_curve(run: ComparedRun, metric: Metric, axis: Axis, first: int, last: int, parts: int) -> OverlaidCurve:
    """Sample a run between two positions, both included, at most once per part and step.

    One more value on either side is included where there is one, so that the line reaches the edges.
    """
    history = run.history
    newest = history.last_step
    if newest < history.first_step:
        return OverlaidCurve.empty()
    bounds = first - 0.5 + np.arange(parts + 1) * ((last - first + 1) / parts)
    edges = np.ceil(run.steps_at(axis, bounds))
    edges[bounds > run.position(axis, newest)] = newest + 1
    edges = np.concatenate([[edges[0] - 1], edges, [edges[-1] + 1]]).clip(history.first_step, newest + 1)
    edges = np.unique(edges).astype(np.int64)
    values = history.smoothed_between(metric, edges).astype(float)
    return OverlaidCurve(
        run.positions(axis, edges[1:] - 1.0), values, *_points(run, metric, axis, (first, last), parts)
    )


def _points(
    run: ComparedRun, metric: Metric, axis: Axis, shown: tuple[int, int], most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the validation values between two positions; of more than `most`, an even selection with the newest."""
    if metric not in LOSS_METRICS:
        return np.empty(0), np.empty(0)
    table = run.validation()
    positions = run.positions(axis, table[0])
    start, end = np.searchsorted(positions, shown[0]), np.searchsorted(positions, shown[1], side="right")
    stride = max(1, -(-int(end - start) // most))
    chosen = np.arange(end - 1, start - 1, -stride)[::-1]
    return positions[chosen], table[1 + LOSS_METRICS.index(metric)][chosen]


def read_run(run: ComparedRun, metric: Metric, axis: Axis, position: int | None) -> RunReading:
    """Return what a run had measured at a position; None: its newest values."""
    step = run.history.last_step if position is None else run.step_at(axis, position)
    if step is None or step < run.history.first_step:
        return RunReading(None, np.nan, np.nan)
    value = float(run.history.smoothed(metric, step, step, 1)[0])
    if metric not in LOSS_METRICS:
        return RunReading(step, value, np.nan)
    table = run.validation()
    index = int(np.searchsorted(table[0], step, side="right")) - 1
    return RunReading(step, value, float(table[1 + LOSS_METRICS.index(metric), index]) if index >= 0 else np.nan)
