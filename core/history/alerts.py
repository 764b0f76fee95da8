"""Detect slow degradation of a run that is easily missed on a curve.

Each problem raises one alert, with the figures that show it and what may help; it can raise another one only after that
one was cleared.
"""

from __future__ import annotations

import math
import statistics
from bisect import insort
from collections import deque
from typing import ClassVar, Protocol

import numpy as np

from ..config import Config
from ..protocol import (
    Alert,
    AlertCleared,
    AlertKind,
    Evaluated,
    Event,
    Metrics,
    ModelReady,
    Rewound,
    RunState,
    StateChanged,
)
from .series import DECAY
from .stall import StallDetector


class AlertDetector:
    """Detect problems in a run's events, and when they are over.

    A training session begins without alerts, and a rewind clears all of them.

    The same events in the same order give the same alerts.

    Args:
        config: The run's configuration.
    """

    def __init__(self, config: Config) -> None:
        self._detectors: tuple[_Detector, ...] = (_Collapse(config), StallDetector(), _SlowSteps())

    def handle_event(self, event: Event) -> list[Alert | AlertCleared]:
        """Handle an event. Return the alerts that it raises and clears."""
        changes: list[Alert | AlertCleared] = []
        for detector in self._detectors:
            held, kind = detector.holds, detector.kind
            text = detector.handle_event(event)
            if held and (text or not detector.holds):
                changes.append(AlertCleared(step=event.step, time=event.time, kind=kind))
            if text:
                changes.append(Alert(step=event.step, time=event.time, kind=detector.kind, text=text))
        return changes


class _Detector(Protocol):
    """Detect one problem."""

    kind: AlertKind
    """The kind of the alert that was raised last."""
    holds: bool
    """Whether an alert was raised and is not cleared yet."""

    def handle_event(self, event: Event) -> str:
        """Handle an event. Return an alert's text if the problem begins.

        Else return an empty string.
        """
        ...


class _Collapse:
    """Detect posterior collapse: the latents carry no information (Bowman et al. 2016, arXiv:1511.06349).

    There is no alert in the first steps, in which the model does not use the latents yet, nor while beta rises.
    """

    LOW: ClassVar[float] = 0.5
    """A smoothed KL below this, in nats, counts as collapsed; twice as much counts as recovered."""
    PATIENCE: ClassVar[int] = 500
    """Steps with a low KL before an alert, and steps at the beginning of a run without an alert."""
    FIRST_EPOCHS: ClassVar[int] = 3
    """Epochs at the beginning of a run without an alert."""
    EVALUATIONS: ClassVar[int] = 2
    """Consecutive evaluations without active units before an alert."""

    def __init__(self, config: Config) -> None:
        self.kind: AlertKind = "kl collapse"
        self.holds = False
        self._objective = config.objective
        self._latents = config.model.latents
        self._few = 1 if self._latents > 2 else 0
        self._model: ModelReady | None = None
        self._kl = math.nan
        self._reset()

    def handle_event(self, event: Event) -> str:
        match event:
            case ModelReady():
                self._model = event
            case Metrics() if np.isfinite(event.kl).all():
                return self._add_metrics(event)
            case Evaluated(split="validation", active_units=int(units)):
                return self._add_evaluation(event, units)
            case Rewound():
                self.holds, self._kl = False, math.nan
                self._reset()
        return ""

    def _reset(self) -> None:
        self._units: int | None = None
        self._low_steps = self._low_evaluations = 0

    def _add_metrics(self, event: Metrics) -> str:
        mean = float(event.kl.mean(dtype=np.float64))
        old = DECAY ** len(event.kl)
        self._kl = mean if math.isnan(self._kl) else old * self._kl + (1 - old) * mean
        if self._kl >= self.LOW:
            self._low_steps = 0
        elif self._is_settled(event.first_step):
            self._low_steps += len(event.kl)
        return self._decide(self._kl)

    def _add_evaluation(self, event: Evaluated, units: int) -> str:
        self._units = units
        if units > self._few:
            self._low_evaluations = 0
        elif self._is_settled(event.step):
            self._low_evaluations += 1
        return self._decide(event.kl)

    def _decide(self, kl: float) -> str:
        collapsed = self._low_steps >= self.PATIENCE or self._low_evaluations >= self.EVALUATIONS
        if self.holds or not collapsed:
            found = self._units is not None and self._units <= self._few
            self.holds = self.holds and not (self._kl >= 2 * self.LOW and not found)
            return ""
        self.holds = True
        used = f", {self._units} of {self._latents} in use" if self._units is not None else ""
        return f"the latents carry almost no information: KL {kl:.2f} nats{used}; a lower beta or free bits may help"

    def _is_settled(self, step: int) -> bool:
        """Return whether the run is past its first steps and beta at its maximum."""
        if self._model is None or step <= max(self.PATIENCE, self.FIRST_EPOCHS * self._model.steps_per_epoch):
            return False
        match self._objective.beta_schedule:
            case "constant":
                return True
            case "linear":
                return step > self._objective.beta_warmup_steps
            case "cyclical":
                cycle_steps = max(2, -(-self._model.total_steps // self._objective.beta_cycles))
                return step % cycle_steps >= cycle_steps // 2


class _SlowSteps:
    """Detect steps that take much longer than usual for several seconds.

    Time is measured in spans, so that the result does not depend on the chunk length, and compared by medians, so that
    a single long chunk, as after an evaluation or while the machine slept, raises no alert.
    """

    SPAN: ClassVar[float] = 0.5
    """Seconds of training in a span, at least."""
    RECENT: ClassVar[int] = 12
    """Spans whose median is the current speed."""
    ENOUGH: ClassVar[int] = 40
    """Spans to measure before there is a usual speed."""
    MOST: ClassVar[int] = 1024
    """Spans whose median is the usual speed, at most; a longer run keeps an even selection."""
    SLOW: ClassVar[float] = 2.5
    """Multiple of the usual duration that counts as slow; below CALM times it, the alert is cleared."""
    CALM: ClassVar[float] = 1.5

    def __init__(self) -> None:
        self.kind: AlertKind = "slow steps"
        self.holds = False
        self._steps, self._seconds = 0, 0.0
        self._recent: deque[float] = deque(maxlen=self.RECENT)
        self._known: list[float] = []
        """Seconds per step, in ascending order."""
        self._spans = 0
        self._stride = 1

    def handle_event(self, event: Event) -> str:
        match event:
            case Metrics():
                self._steps += event.step - event.first_step + 1
                self._seconds += event.seconds
                if self._seconds >= self.SPAN:
                    duration = self._seconds / self._steps
                    self._steps, self._seconds = 0, 0.0
                    return self._compare(duration)
            case ModelReady() | Rewound() | StateChanged(state=RunState.PAUSED):
                self._steps, self._seconds = 0, 0.0
                self._recent.clear()
                if isinstance(event, Rewound):
                    self.holds = False
        return ""

    def _compare(self, duration: float) -> str:
        self._recent.append(duration)
        self._add_span(duration)
        if len(self._recent) < self.RECENT:
            return ""
        now, usual = statistics.median_low(self._recent), self._known[len(self._known) // 2]
        if self.holds or now <= self.SLOW * usual or self._spans < self.ENOUGH:
            self.holds = self.holds and now >= self.CALM * usual
            return ""
        self.holds = True
        return f"steps take {_ms(now)} instead of {_ms(usual)}; other work on this machine may be the reason"

    def _add_span(self, duration: float) -> None:
        if self._spans % self._stride == 0:
            insort(self._known, duration)
        if len(self._known) > self.MOST:  # every second of the sorted numbers has the same median
            self._known = self._known[::2]
            self._stride *= 2
        self._spans += 1


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
