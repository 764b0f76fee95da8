"""What the screen knows of the run: all events so far, folded into a few plain values."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ..core.commands import ParamsSource
from ..core.events import (
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Ended,
    Evaluated,
    Event,
    Failed,
    Metrics,
    ModelReady,
    ParamsSelected,
    Progress,
    RunState,
    Sampled,
    StateChanged,
)

SPEED_WINDOW = 3.0
"""Seconds of training that the speed is averaged over."""

OVER = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)
"""States in which no more steps are taken."""

SHORT_EVALUATION = 0.5
"""An evaluation shorter than this many seconds is not worth a flicker on the screen."""


@dataclass
class RunView:
    """The state of the run as far as events have acknowledged it."""

    data_name: str
    """The data set that was asked for."""
    state: RunState = RunState.PREPARING
    detail: str = ""
    state_since: float = 0.0
    step: int = 0
    learning_rate: float = 0.0
    progress: Progress | None = None
    data: DataReady | None = None
    model: ModelReady | None = None
    validation: Evaluated | None = None
    best: Evaluated | None = None
    test: Evaluated | None = None
    saving: int | None = None
    """The step whose checkpoint is being written."""
    saved: Checkpointed | None = None
    source: ParamsSource = "ema"
    last: Ended | Failed | None = None
    _recent: deque[tuple[int, float]] = field(default_factory=deque, repr=False)
    """(steps, seconds) of the newest metrics, SPEED_WINDOW seconds of them."""

    def apply(self, event: Event) -> None:
        """Take an event in."""
        # Not from every event: a checkpoint is reported some steps after the one that it holds.
        if isinstance(event, StateChanged | ModelReady | Metrics):
            self.step = event.step
        match event:
            case StateChanged():
                self.state, self.detail, self.state_since = event.state, event.detail, event.time
                self.progress = None
            case Progress():
                self.progress = event
            case DataReady():
                self.data, self.progress = event, None
            case ModelReady():
                self.model = event
            case Metrics():
                self.learning_rate = float(event.learning_rate[-1])
                self._measure(event)
            case Sampled():
                self.source = event.source
            case ParamsSelected():
                self.source = event.source
            case CheckpointStarted():
                self.saving = event.step
            case Failed():
                self.state, self.detail, self.last = RunState.FAILED, "", event
            case Ended():
                self.last = event
            case _:
                self.recall(event)

    def recall(self, event: Event) -> None:
        """Take an event of the run's past in: only what still holds after a resume."""
        match event:
            case Evaluated(split="validation"):
                self.validation = event
                self.best = event if event.best or self.best is None else self.best
            case Evaluated(split="test"):
                self.test = event
            case Checkpointed():
                self.saved, self.saving = event, None

    def shown_state(self, now: float) -> RunState:
        """The state to show at a time (seconds since 1970): a short evaluation counts as training."""
        if self.state == RunState.EVALUATING and now - self.state_since < SHORT_EVALUATION:
            return RunState.TRAINING
        return self.state

    @property
    def epoch(self) -> tuple[int, int] | None:
        """The epoch that is running, counted from 1, and their number; None before the model is ready."""
        if self.model is None:
            return None
        epochs = -(-self.model.total_steps // self.model.steps_per_epoch)
        return min(self.step // self.model.steps_per_epoch + 1, epochs), epochs

    @property
    def fraction(self) -> float | None:
        """How far the present work has come, from 0 to 1: the preparation, then the training; None if not known."""
        if self.progress is not None:
            return self.progress.done / self.progress.total if self.progress.total else None
        return self.step / self.model.total_steps if self.model else None

    @property
    def steps_per_second(self) -> float | None:
        """Training speed over the last seconds, without evaluations and pauses; None before it is known."""
        steps, seconds = (sum(values) for values in zip(*self._recent, strict=True)) if self._recent else (0, 0.0)
        return steps / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Training time to the last step at the present speed; None while it cannot be known."""
        speed = self.steps_per_second
        if self.model is None or speed is None or self.state in OVER:
            return None
        return (self.model.total_steps - self.step) / speed

    def _measure(self, metrics: Metrics) -> None:
        self._recent.append((metrics.step - metrics.first_step + 1, metrics.seconds))
        while len(self._recent) > 1 and sum(seconds for _, seconds in self._recent) > SPEED_WINDOW:
            self._recent.popleft()
