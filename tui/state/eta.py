"""How long a run will still take: its steps, and all that is due between them."""

from __future__ import annotations

from collections import deque
from typing import Literal, get_args

from ...core.config import Config
from ...core.protocol import (
    Alert,
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
)
from ...core.training.plan import checkpoint_epochs

PACE_SECONDS = 20.0
"""Seconds of training that the time of a step is averaged over."""

DURATIONS = 16
"""Pictures, evaluations and checkpoints whose durations are averaged, each."""

Pause = Literal["picture", "evaluation", "checkpoint"]
"""What the steps wait for, by the schedule of the run."""


class StepPace:
    """How long steps take, over the newest chunks of them.

    Args:
        window: Seconds that these chunks took together, at most; one chunk counts however long it took.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._chunks: deque[tuple[int, float]] = deque()
        self._steps, self._seconds = 0, 0.0

    def add(self, steps: int, seconds: float) -> None:
        """Take a chunk of steps in."""
        self._chunks.append((steps, seconds))
        self._steps += steps
        self._seconds += seconds
        while len(self._chunks) > 1 and self._seconds > self._window:
            old_steps, old_seconds = self._chunks.popleft()
            self._steps -= old_steps
            self._seconds -= old_seconds

    @property
    def step_seconds(self) -> float | None:
        """Seconds a step; None before it is known."""
        return self._seconds / self._steps if self._steps and self._seconds > 0 else None


class Eta:
    """The time that a run still needs, worked out from its events; pauses and compilation do not count.

    All time from the first step on, but for pauses, is put down to what it was spent on: to steps, to a picture, an
    evaluation or a checkpoint, or to what the user asked for, which is not expected to come again. What is left then
    takes as long as it did so far.

    Args:
        config: The run's configuration.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._data: DataReady | None = None
        self._model: ModelReady | None = None
        self._every: dict[Pause, int] = {}
        """Steps from one to the next."""
        self._step = 0
        self._state = RunState.PREPARING
        self._clock = 0.0
        self._spent = 0.0
        """Seconds up to `_clock` that are not yet put down to anything."""
        self._pace = StepPace(PACE_SECONDS)
        self._durations: dict[Pause, deque[float]] = {pause: deque(maxlen=DURATIONS) for pause in get_args(Pause)}
        self._done: dict[Pause, int] = {}
        """The step of the last one."""

    def add(self, event: Event) -> None:
        """Take an event in; they come in the order in which the trainer said them."""
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
                # Longer than the chunk itself: the log and the like take time, too.
                self._pace.add(event.step - event.first_step + 1, max(event.seconds, self._take()))
            case Sampled(requested=False):
                self._finish("picture", event.step)
            case Evaluated(split="validation"):
                self._finish("evaluation", event.step)
            case LatentMap() | Reconstructed() if (
                self._done["evaluation"] == event.step and self._durations["evaluation"]
            ):
                self._durations["evaluation"][-1] += self._take()  # they belong to the evaluation before them
            case CheckpointStarted(requested=False):
                self._finish("checkpoint", event.step)
            case Rewound():
                self._step = event.step
                self._done = dict.fromkeys(self._done, event.step)
                self._take()
            case Checkpointed() | Alert() | Notice():
                pass  # said by the way
            case _ if self._state == RunState.TRAINING:
                self._take()

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end of the run if it were not paused; None before it can be known.

        What has not been seen yet is guessed (an evaluation) or left out (a checkpoint).
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
        """Training is about to start: what was before does not count."""
        epochs = checkpoint_epochs(self._config, model.steps_per_epoch, model.total_steps)
        self._model, self._step, self._clock, self._spent = model, model.step, model.time, 0.0
        self._every = {
            "picture": self._config.run.sample_steps,
            "evaluation": model.steps_per_epoch,
            "checkpoint": epochs * model.steps_per_epoch,
        }
        self._done = dict.fromkeys(self._every, model.step)

    def _take(self) -> float:
        spent, self._spent = self._spent, 0.0
        return spent

    def _finish(self, pause: Pause, step: int) -> None:
        self._durations[pause].append(self._take())
        self._done[pause] = step

    def _mean(self, pause: Pause, guess: float) -> float:
        durations = self._durations[pause]
        return sum(durations) / len(durations) if durations else guess

    def _due(self, pause: Pause) -> int:
        """How many are still to come: one at each multiple of its interval, and one at the end of the run."""
        assert self._model is not None
        total, every = self._model.total_steps, self._every[pause]
        after = max(self._done[pause], self._step - 1)  # what is due at this very step may not be done yet
        return -(-total // every) - after // every if after < total else 0

    def _guess(self, step_seconds: float) -> float:
        """Seconds of an evaluation of which none was seen: the forward passes are about a third of a training step."""
        if self._data is None or self._model is None:
            return 0.0
        return self._data.validation_size / self._model.batch_size * step_seconds / 3

    def _test_passes(self) -> float:
        """How many evaluations the measuring of the test split at the end takes as long as.

        Each latent of the importance-weighted bound is decoded, which is about half of a pass.
        """
        if self._data is None or not self._data.validation_size:
            return 0.0
        return self._data.test_size / self._data.validation_size * (1 + self._config.eval.iw_samples / 2)
