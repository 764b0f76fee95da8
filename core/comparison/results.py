"""Collect the results of a run for a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .compared_run import ComparedRun


@dataclass(frozen=True)
class Results:
    """The results of a run; losses are in nats per image, None where there is none."""

    step: int
    """The last step."""
    seconds: float
    """Seconds of training; see `StepTimes`."""
    training_loss: float | None
    """The smoothed training loss of the last step."""
    validation_loss: float | None
    """The last validation loss."""
    best_validation_loss: float | None
    best_step: int | None
    """The step of the lowest validation loss."""
    test_loss: float | None
    memory_peak: int | None
    """The most memory that the process used when it was measured, in bytes."""
    device_peak: int | None
    """The most device memory that was in use at once, in bytes; None on a CPU."""


def results(run: ComparedRun) -> Results:
    """Return the results of a run so far."""
    evaluations, best = run.history.evaluations(), run.best()
    return Results(
        step=max(0, run.history.last_step),
        seconds=run.times.last,
        training_loss=_finite(run.history.last_smoothed("loss")),
        validation_loss=_finite(evaluations[-1].loss) if evaluations else None,
        best_validation_loss=best.loss if best else None,
        best_step=best.step if best else None,
        test_loss=_finite(run.test.loss) if run.test else None,
        memory_peak=run.memory_peak,
        device_peak=run.device_peak,
    )


def _finite(value: float) -> float | None:
    """Return a number, or None for what JSON cannot hold."""
    return value if math.isfinite(value) else None
