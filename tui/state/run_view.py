"""Fold the events of a run into the state that the screen shows."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from ...core.config import Config, ParamsSource
from ...core.protocol import (
    OVER,
    Alert,
    AlertCleared,
    AlertKind,
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Ended,
    Evaluated,
    Event,
    Examples,
    Failed,
    KnobsChanged,
    LatentMap,
    Metrics,
    ModelReady,
    NotFinite,
    ParamsSelected,
    Progress,
    Reconstructed,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
    SystemMeasured,
)
from ...core.run import NOT_RESPONDING
from .eta import Eta, StepPace

SPEED_WINDOW = 3.0
"""Seconds of training that the speed is averaged over."""

SHORT_EVALUATION = 0.5
"""Seconds; a shorter evaluation is shown as training, so that the state does not flicker."""

CLIPPING_WINDOW = 1000
"""Steps that the share of clipped gradients is taken over, at most."""

E = TypeVar("E", bound=Event)


@dataclass
class RunView:
    """The state of the run as far as events have acknowledged it."""

    config: Config
    is_replay: bool = False
    """Whether the events are replayed; the run is playing then where a live run is training."""
    is_responding: bool = True
    """Whether the process that trains the run shows signs of life; the session knows it, no event tells it."""
    state: RunState = RunState.PREPARING
    detail: str = ""
    state_since: float = 0.0
    began: float | None = None
    """The time of the run's first event, in seconds since 1970."""
    step: int = 0
    learning_rate: float = 0.0
    """The rate of the last step; after a changed knob or a rewind, the rate of the next step."""
    progress: Progress | None = None
    data: DataReady | None = None
    model: ModelReady | None = None
    test: Evaluated | None = None
    sampled: Sampled | None = None
    examples: Examples | None = None
    reconstructed: Reconstructed | None = None
    latent_map: LatentMap | None = None
    system: SystemMeasured | None = None
    """The newest measurement of the machine."""
    cpu_peak: float = 0.0
    """The most CPU that was measured, in cores, and below the most memory, in bytes."""
    memory_peak: int = 0
    not_finite: NotFinite | None = None
    """The reason why the run is paused, while it waits for the user."""
    saving: int | None = None
    """The step whose checkpoint is being written."""
    source: ParamsSource = "ema"
    last: Ended | Failed | None = None
    _sessions: dict[float, float] = field(default_factory=dict, repr=False)
    """The time of the last result of each session, by the time of its first event."""
    _evaluations: list[Evaluated] = field(default_factory=list, repr=False)
    _checkpoints: list[Checkpointed] = field(default_factory=list, repr=False)
    _knobs: list[KnobsChanged] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._begin_session()

    def apply(self, event: Event) -> None:
        """Apply an event.

        Events must come in their order in the log, those of earlier sessions of the run included.
        """
        # Not from every event: a checkpoint is reported some steps after the step that it holds, and a trainer counts
        # from 0 until it has read its checkpoint.
        if isinstance(event, ModelReady | Metrics | Rewound):
            self.step = event.step
        if self.began is None:
            self.began = event.time
        if isinstance(event, StateChanged) and event.state == RunState.PREPARING:
            self._begin_session()
            self._sessions[event.time] = event.time
        if self._sessions and isinstance(event, Metrics | Evaluated | Checkpointed):
            session = next(reversed(self._sessions))
            self._sessions[session] = max(self._sessions[session], event.time)  # a replay may jump back
        self._remember(event)
        self._eta.add(event)
        match event:
            case StateChanged():
                self.state, self.detail, self.state_since = event.state, event.detail, event.time
                self.progress = None
                if event.state != RunState.PAUSED:
                    self.not_finite = None
            case Progress():
                self.progress = event
            case DataReady():
                self.data, self.progress = event, None
            case ModelReady():
                self.model = event
                self.learning_rate = self._due_rate()
            case Metrics():
                self.learning_rate = float(event.learning_rate[-1])
                self._pace.add(event.step - event.first_step + 1, event.seconds)
                self._grad_norms.extend(event.grad_norm.tolist())
            case KnobsChanged():
                self.learning_rate = self._due_rate()
            case Rewound():
                self.learning_rate = self._due_rate()
                self.saving = self.not_finite = None
                self._grad_norms.clear()
            case NotFinite():
                self.not_finite = event
            case Sampled() | ParamsSelected():
                self.source = event.source
            case CheckpointStarted():
                self.saving = event.step
            case Checkpointed():
                self.saving = None
            case Alert(kind=kind):
                self._alerts.pop(kind, None)
                self._alerts[kind] = event
            case AlertCleared(kind=kind):
                self._alerts.pop(kind, None)
            case Failed():
                self.state, self.detail, self.last = RunState.FAILED, "", event
            case Ended():
                self.last = event

    def _begin_session(self) -> None:
        """Reset what ends with a session; its trainer may have been killed."""
        self.saving = self.not_finite = None
        self.source = "ema"
        self._pace = StepPace(SPEED_WINDOW)
        self._grad_norms: deque[float] = deque(maxlen=CLIPPING_WINDOW)
        self._eta = Eta(self.config)
        self._alerts: dict[AlertKind, Alert] = {}

    def _remember(self, event: Event) -> None:
        """Store what outlasts a session; on a rewind, drop what is later."""
        match event:
            case Evaluated(split="validation"):
                self._evaluations.append(event)
            case Evaluated(split="test"):
                self.test = event
            case Sampled():
                self.sampled = event
            case Examples():
                self.examples = event
            case Reconstructed():
                self.reconstructed = event
            case LatentMap():
                self.latent_map = event
            case SystemMeasured():
                self.system = event
                self.cpu_peak = max(self.cpu_peak, event.cpu)
                self.memory_peak = max(self.memory_peak, event.memory)
            case Checkpointed():
                self._checkpoints.append(event)
            case KnobsChanged():
                self._knobs.append(event)
            case Rewound():
                kept = [replace(knobs, step=event.step) for knobs in self._knobs[-1:]]  # knobs stay as they are
                self._forget_after(event.step)
                self._knobs += kept
            case ModelReady():
                self._forget_after(event.step)

    @property
    def seconds(self) -> float:
        """The duration of the run so far: of all its sessions, with their pauses."""
        return sum(end - start for start, end in self._sessions.items())

    @property
    def validation(self) -> Evaluated | None:
        """The last evaluation on the validation split."""
        return self._evaluations[-1] if self._evaluations else None

    @property
    def best(self) -> Evaluated | None:
        """The last evaluation that was marked as best, else the first whose loss is finite."""
        finite = (found for found in self._evaluations if math.isfinite(found.loss))
        return next((found for found in reversed(self._evaluations) if found.best), next(finite, None))

    @property
    def saved(self) -> Checkpointed | None:
        """The last complete checkpoint."""
        return self._checkpoints[-1] if self._checkpoints else None

    @property
    def rewind_step(self) -> int | None:
        """The step that a rewind leads to; None without an earlier checkpoint."""
        return max((saved.step for saved in self._checkpoints if saved.step < self.step), default=None)

    @property
    def learning_rate_scale(self) -> float:
        """The factor on the scheduled learning rate."""
        return self._knobs[-1].learning_rate_scale if self._knobs else 1.0

    @property
    def beta_scale(self) -> float:
        """The factor on the scheduled weight of the KL."""
        return self._knobs[-1].beta_scale if self._knobs else 1.0

    @property
    def active_units(self) -> int | None:
        """The latent dimensions in use at the last evaluation, if measured."""
        return self.validation.active_units if self.validation else None

    def shown_state(self, now: float) -> RunState:
        """Return the state to show; a short evaluation counts as training.

        Args:
            now: The time in seconds since 1970.
        """
        if self.state == RunState.EVALUATING and now - self.state_since < SHORT_EVALUATION:
            return RunState.TRAINING
        return self.state

    def state_name(self, state: RunState) -> str:
        """Return the name of a state for the user."""
        if not self.is_responding:
            return NOT_RESPONDING
        return "playing" if self.is_replay and state == RunState.TRAINING else str(state)

    @property
    def epoch(self) -> tuple[int, int] | None:
        """The current epoch from 1, and the number of epochs, once known."""
        if self.model is None:
            return None
        epochs = -(-self.model.total_steps // self.model.steps_per_epoch)
        return min(self.step // self.model.steps_per_epoch + 1, epochs), epochs

    @property
    def fraction(self) -> float | None:
        """The progress of the preparation or the training, 0 to 1, or None."""
        if self.progress is not None:
            return self.progress.done / self.progress.total if self.progress.total else None
        return self.step / self.model.total_steps if self.model else None

    @property
    def steps_per_second(self) -> float | None:
        """The training speed over the last seconds; None while it is not known."""
        step_seconds = self._pace.step_seconds
        return 1 / step_seconds if step_seconds is not None and self.is_responding else None

    @property
    def clipping(self) -> tuple[float, int] | None:
        """The share of the last steps whose gradient was scaled down, and their number; None without any."""
        optim, steps = self.config.optim, len(self._grad_norms)
        if optim.clip != "norm" or not steps:
            return None
        return sum(norm > optim.clip_norm for norm in self._grad_norms) / steps, steps

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of the run, without pauses; None while it is not known."""
        return self._eta.seconds_left if self.is_responding and self.state not in OVER else None

    @property
    def alerts(self) -> list[Alert]:
        """The alerts that hold now, oldest first."""
        return [] if self.state in OVER else list(self._alerts.values())

    def _forget_after(self, step: int) -> None:
        """Drop what is later than a step. The examples are images of the data set, which belong to no step."""
        self._evaluations = [found for found in self._evaluations if found.step <= step]
        self._checkpoints = [saved for saved in self._checkpoints if saved.step <= step]
        self._knobs = [knobs for knobs in self._knobs if knobs.step <= step]
        self._alerts = {kind: alert for kind, alert in self._alerts.items() if alert.step <= step}
        self.test = _until(step, self.test)
        self.sampled = _until(step, self.sampled)
        self.reconstructed = _until(step, self.reconstructed)
        self.latent_map = _until(step, self.latent_map)

    def _due_rate(self) -> float:
        """Return the current step's scheduled rate times its factor; 0 if not known."""
        if self.model is None:
            return 0.0
        planned = np.interp(max(self.step, 1), self.model.schedule_steps, self.model.schedule_rates)
        return float(planned) * self.learning_rate_scale


def _until(step: int, event: E | None) -> E | None:
    """Return an event, or None if it is later than a step."""
    return event if event is not None and event.step <= step else None
