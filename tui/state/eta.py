"""Estimate the time left of a run from its steps and scheduled work."""

from __future__ import annotations

from collections import deque
from typing import Literal, get_args

from ...core.config import Config
from ...core.protocol import (
    Alert,
    AlertCleared,
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Evaluated,
    Event,
    LatentMap,
    Metrics,
    ModelReady,
    Notice,
    Reconstructed,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
    SystemMeasured,
)
from ...core.training.plan import checkpoint_epochs

PACE_SECONDS = 20.0
"""Seconds of training that the time per step is averaged over."""

DURATIONS = 16
"""The number of newest durations that are averaged, per kind of pause."""

PauseKind = Literal["picture", "evaluation", "checkpoint"]
"""Scheduled work that the steps wait for."""


class StepPace:
    """The time per step, averaged over the newest chunks.

    Args:
        window: Seconds that these chunks took together, at most; the newest chunk always counts.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._chunks: deque[tuple[int, float]] = deque()
        self._steps, self._seconds = 0, 0.0

    def add(self, steps: int, seconds: float) -> None:
        """Add a chunk of steps that took some seconds."""
        self._chunks.append((steps, seconds))
        self._steps += steps
        self._seconds += seconds
        while len(self._chunks) > 1 and self._seconds > self._window:
            old_steps, old_seconds = self._chunks.popleft()
            self._steps -= old_steps
            self._seconds -= old_seconds

    @property
    def step_seconds(self) -> float | None:
        """Seconds per step; None before it is known."""
        return self._seconds / self._steps if self._steps and self._seconds > 0 else None


class Eta:
    """Estimate the time left of a run, without pauses and compilation.

    All time from the first step on, except pauses, is attributed to its use: to steps, to a scheduled picture,
    evaluation or checkpoint, or to a user's command, which is not expected again. The estimate assumes that the
    remaining steps and scheduled work take as long as they did so far.

    Args:
        config: The run's configuration.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._data: DataReady | None = None
        self._model: ModelReady | None = None
        self._every: dict[PauseKind, int] = {}
        """Steps between two pauses of a kind."""
        self._step = 0
        self._state = RunState.PREPARING
        self._clock = 0.0
        self._spent = 0.0
        """Seconds up to `_clock` that are not yet attributed."""
        self._pace = StepPace(PACE_SECONDS)
        self._durations: dict[PauseKind, deque[float]] = {
            pause: deque(maxlen=DURATIONS) for pause in get_args(PauseKind)
        }
        self._done: dict[PauseKind, int] = {}
        """The step of the last pause of a kind."""

    def add(self, event: Event) -> None:
        """Add an event; events must come in the trainer's order."""
        if isinstance(event, DataReady):
            self._data = event
        if isinstance(event, ModelReady):
            self._begin(event)
        if self._model is None:
            return
        if self._state != RunState.PAUSED:
            self._spent += max(0.0, event.time - self._clock)
        self._clock = event.time
        match event:
            case StateChanged():
                self._state = event.state
            case Metrics():
                self._step = event.step
                # Longer than the chunk itself, because logging and the like take time, too.
                self._pace.add(event.step - event.first_step + 1, max(event.seconds, self._take_spent()))
            case Sampled(requested=False):
                self._finish("picture", event.step)
            case Evaluated(split="validation"):
                self._finish("evaluation", event.step)
            case LatentMap() | Reconstructed() if (
                self._done["evaluation"] == event.step and self._durations["evaluation"]
            ):
                self._durations["evaluation"][-1] += self._take_spent()  # part of the evaluation before them
            case CheckpointStarted(requested=False):
                self._finish("checkpoint", event.step)
            case Rewound():
                self._step = event.step
                self._done = dict.fromkeys(self._done, event.step)
                self._take_spent()
            case Checkpointed() | Alert() | AlertCleared() | Notice() | SystemMeasured():
                pass  # these take no time of their own
            case _ if self._state == RunState.TRAINING:
                self._take_spent()

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of the run without pauses; None before known.

        Before the first evaluation its duration is guessed; pictures and checkpoints count from the first one on.
        """
        step_seconds = self._pace.step_seconds
        if self._model is None or step_seconds is None:
            return None
        evaluation = self._mean("evaluation", self._guess(step_seconds))
        return (
            (self._model.total_steps - self._step) * step_seconds
            + (self._due("evaluation") + self._test_passes()) * evaluation
            + self._due("picture") * self._mean("picture", 0.0)
            + self._due("checkpoint") * self._mean("checkpoint", 0.0)
        )

    def _begin(self, model: ModelReady) -> None:
        """Start the estimate at the first step; earlier time does not count."""
        epochs = checkpoint_epochs(self._config, model.steps_per_epoch, model.total_steps)
        self._model, self._step, self._clock, self._spent = model, model.step, model.time, 0.0
        self._every = {
            "picture": self._config.run.sample_steps,
            "evaluation": model.steps_per_epoch,
            "checkpoint": epochs * model.steps_per_epoch,
        }
        self._done = dict.fromkeys(self._every, model.step)

    def _take_spent(self) -> float:
        spent, self._spent = self._spent, 0.0
        return spent

    def _finish(self, pause: PauseKind, step: int) -> None:
        self._durations[pause].append(self._take_spent())
        self._done[pause] = step

    def _mean(self, pause: PauseKind, guess: float) -> float:
        durations = self._durations[pause]
        return sum(durations) / len(durations) if durations else guess

    def _due(self, pause: PauseKind) -> int:
        """Return how many pauses of a kind remain.

        There is one at each multiple of the interval, and one at the end of the run.
        """
        assert self._model is not None
        total, every = self._model.total_steps, self._every[pause]
        after = max(self._done[pause], self._step - 1)  # a pause that is due at this step may not be done yet
        return -(-total // every) - after // every if after < total else 0

    def _guess(self, step_seconds: float) -> float:
        """Guess an evaluation's seconds: a third of a step per batch."""
        if self._data is None or self._model is None:
            return 0.0
        return self._data.validation_size / self._model.batch_size * step_seconds / 3

    def _test_passes(self) -> float:
        """Return the duration of the final evaluation on the test split, in validation passes.

        Each latent of the importance-weighted bound is decoded, which is about half a pass.
        """
        if self._data is None or not self._data.validation_size:
            return 0.0
        return self._data.test_size / self._data.validation_size * (1 + self._config.eval.iw_samples / 2)
