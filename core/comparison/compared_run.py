"""Read a run for a comparison, and follow it while it grows."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from ..config import Config
from ..errors import RunError
from ..history import History
from ..protocol import (
    LOSS_METRICS,
    DataReady,
    Ended,
    Evaluated,
    Event,
    Failed,
    KnobsChanged,
    Metrics,
    ModelReady,
    Rewound,
    StateChanged,
    SystemMeasured,
)
from ..run import Labels, LogTail, PictureArchive, is_locked, read_config, read_labels, state_of
from .step_times import StepTimes

Axis = Literal["step", "epoch", "time"]

AXES: tuple[Axis, ...] = get_args(Axis)

UNITS: dict[Axis, int] = {"step": 1, "epoch": 10_000, "time": 1000}
"""Positions per step, epoch or second: a position on an axis is a whole number."""


class ComparedRun:
    """What a comparison knows of one run, in bounded memory.

    Args:
        path: The run's directory.

    Raises:
        RunError: when the run's configuration or its labels cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.resolve().name
        self.labels: Labels = read_labels(path)
        self.history = History()
        self.times = StepTimes()
        self.pictures = PictureArchive(path / "samples")
        self.is_live = is_locked(path)
        self.problem = ""
        """What is wrong with the log since it is followed, or empty."""
        self.test: Evaluated | None = None
        """The last evaluation on the test split, or None."""
        self.knob_changes: list[KnobsChanged] = []
        """The changes of the knobs that no rewind undid, by step."""
        self.class_names: tuple[str, ...] = ()
        self.memory_peak: int | None = None
        """The most memory that the process used when it was measured, in bytes; None if it never was."""
        self.device_peak: int | None = None
        """The most device memory that was in use at once, in bytes; None where it is not known."""
        self._config = read_config(path)
        self._dataset = ""
        self._steps_per_epoch = 1
        self._newest: StateChanged | Ended | Failed | None = None
        self._evaluations: list[Evaluated] = []
        self._validation: Float[np.ndarray, "4 n"] = np.empty((4, 0))
        self._tail = LogTail(path, images=False)  # `pictures` reads them when they are looked at

    @property
    def config(self) -> Config:
        """The run's settings, with the data set that it trains on in place of "auto"."""
        if not self._dataset:
            return self._config
        data = dataclasses.replace(self._config.data, name=self._dataset)
        return dataclasses.replace(self._config, data=data)

    @property
    def state(self) -> str:
        """What the run does, or how it ended; see `named_state`."""
        return state_of(self.path, self._newest, is_live=self.is_live)

    def read(self) -> bool:
        """Read what was added to the log. Return whether there was anything.

        Raises:
            RunError: when the log cannot be read, or is damaged.
        """
        before = self._tail.position
        for event in self._tail.read():
            self._add(event)
        return self._tail.position != before

    def follow(self) -> bool:
        """Read what was added to the log, and whether the run is live. Return whether anything changed.

        A log that is damaged, or can no longer be read, becomes a `problem`.
        """
        was = self.is_live, self.problem
        self.is_live = is_locked(self.path)
        has_grown = False
        try:
            has_grown = self.read()
        except RunError as error:
            self.problem = str(error)
        return has_grown or was != (self.is_live, self.problem)

    def positions(self, axis: Axis, steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return where steps are on an axis, in `UNITS`."""
        match axis:
            case "step":
                return np.asarray(steps, float)
            case "epoch":
                return np.asarray(steps, float) * (UNITS["epoch"] / self._steps_per_epoch)
            case "time":
                return self.times.at(np.asarray(steps, float)) * UNITS["time"]

    def steps_at(self, axis: Axis, positions: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the steps, perhaps between two, at positions on an axis: the inverse of `positions`."""
        match axis:
            case "step":
                return np.asarray(positions, float)
            case "epoch":
                return np.asarray(positions, float) * (self._steps_per_epoch / UNITS["epoch"])
            case "time":
                return self.times.steps_at(np.asarray(positions, float) / UNITS["time"])

    def position(self, axis: Axis, step: int) -> int:
        """Return where a step is on an axis, in `UNITS`."""
        return round(float(self.positions(axis, np.array([float(step)]))[0]))

    def step_at(self, axis: Axis, position: int) -> int | None:
        """Return the step at a position on an axis; None where the run has none."""
        if not self.spans(axis)[0] <= position <= self.spans(axis)[1]:
            return None
        step = round(float(self.steps_at(axis, np.array([float(position)]))[0]))
        return min(self.history.last_step, max(self.history.first_step, step))

    def spans(self, axis: Axis) -> tuple[int, int]:
        """Return the first and the last position of the run's steps; the last is below the first if it has none."""
        first, last = self.history.first_step, self.history.last_step
        if last < first:
            return 1, 0
        return self.position(axis, first), self.position(axis, last)

    def final(self, axis: Axis) -> int | None:
        """Return the last position that the run will have; None if that is not known."""
        step = self.history.final_step
        if step is None or (axis == "time" and step > self.history.last_step):
            return None
        return self.position(axis, step)

    def best(self) -> Evaluated | None:
        """Return the evaluation with the lowest validation loss, or None."""
        found = [event for event in self.history.evaluations() if math.isfinite(event.loss)]
        return min(found, key=lambda event: event.loss, default=None)

    def validation(self) -> Float[np.ndarray, "4 n"]:
        """Return the step, loss, reconstruction and KL of each validation evaluation."""
        events = self.history.evaluations()
        # Evaluations are only appended, or removed from the end.
        if len(events) != len(self._evaluations) or (events and events[-1] is not self._evaluations[-1]):
            self._evaluations = events
            rows = [(event.step, *(getattr(event, metric) for metric in LOSS_METRICS)) for event in events]
            self._validation = np.array(rows, float).reshape(-1, 4).T
        return self._validation

    def _add(self, event: Event) -> None:
        self.history.add(event)
        match event:
            case Metrics():
                self.times.add(event.first_step, event.step, event.seconds)
            case DataReady(name=name, class_names=names):
                self._dataset, self.class_names = name, names
            case ModelReady():
                self._steps_per_epoch = max(1, event.steps_per_epoch)
                self._go_back(event)
            case Rewound():
                self._go_back(event)
            case KnobsChanged():
                self.knob_changes.append(event)
            case Evaluated(split="test"):
                self.test = event
            case SystemMeasured(memory=memory, device_peak=device_peak):
                self.memory_peak = max(self.memory_peak or 0, memory)
                if device_peak is not None:
                    self.device_peak = max(self.device_peak or 0, device_peak)
            case StateChanged() | Ended() | Failed():
                self._newest = event

    def _go_back(self, event: ModelReady | Rewound) -> None:
        """Forget what came after the step that a run returned to."""
        self.times.cut(event.step)
        self.knob_changes = [change for change in self.knob_changes if change.step <= event.step]
        self.test = self.test if self.test and self.test.step <= event.step else None
        self.pictures.leave_out(event.step, event.time)
