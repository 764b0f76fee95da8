"""The log of a run with several lives, that went back, and what a listener knows after a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scripted import data_ready, model_ready
from vae_tui.core.config import Config
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import (
    Checkpointed,
    Ended,
    Evaluated,
    Event,
    Failed,
    KnobsChanged,
    Metrics,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.session.replay.replay_events import Jumped, ReplayEvent
from vae_tui.tui.state.run_view import RunView

CHUNK = 5
STEP_SECONDS = 0.1
START = 1_800_000_000.0


def write_log(run: RunDirectory, events: Iterable[Event]) -> None:
    """Append events to the log of a run."""
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()


class Life:
    """One process that trains a run: its events, each with a time after the one before."""

    def __init__(self, start: float, step: int, *, seed: int, total_steps: int = 100) -> None:
        self.time = start
        self.step = step
        self._total_steps = total_steps
        self._noise = np.random.default_rng(seed)

    def opening(self) -> Iterator[Event]:
        """Everything up to the first step."""
        yield StateChanged(step=0, time=self.time, state=RunState.PREPARING)
        yield replace(data_ready(), time=self.later(2))
        yield StateChanged(step=0, time=self.time, state=RunState.COMPILING)
        yield replace(model_ready(self.step), time=self.later(30), total_steps=self._total_steps)
        yield self.state(RunState.TRAINING)

    def train(self, last_step: int) -> Iterator[Event]:
        """Steps, with a picture every ten, an evaluation and a checkpoint every twenty."""
        for first in range(self.step + 1, last_step + 1, CHUNK):
            self.step = min(first + CHUNK - 1, last_step)
            values = self._noise.random((5, self.step - first + 1)).astype(np.float32)
            columns: dict[str, Any] = dict(
                zip(("loss", "reconstruction", "kl", "grad_norm", "learning_rate"), values, strict=True)
            )
            seconds = STEP_SECONDS * (self.step - first + 1)
            yield Metrics(step=self.step, first_step=first, time=self.later(seconds), seconds=seconds, **columns)
            if self.step % 10 == 0:
                images = self._noise.integers(0, 256, (10, 1, 28, 28)).astype(np.uint8)
                yield Sampled(step=self.step, time=self.time, images=images, source="ema", temperature=0.8)
            if self.step % 20 == 0:
                loss = float(values[0, -1])
                yield Evaluated(
                    step=self.step, time=self.later(0.5), split="validation", loss=loss, reconstruction=loss, kl=0.0
                )
                yield Checkpointed(step=self.step, time=self.time, path=str(self.step))

    def knobs(self, rate: float) -> KnobsChanged:
        return KnobsChanged(step=self.step, time=self.time, learning_rate_scale=rate, beta_scale=1.0)

    def state(self, state: RunState, detail: str = "") -> StateChanged:
        return StateChanged(step=self.step, time=self.time, state=state, detail=detail)

    def later(self, seconds: float) -> float:
        self.time += seconds
        return self.time


def two_lives() -> Iterator[Event]:
    """A run that turned a knob, paused, went back, was killed, was resumed to another length, and finished."""
    first = Life(START, 0, seed=1)
    yield from first.opening()
    yield from first.train(30)
    yield first.knobs(0.5)
    yield from first.train(55)
    yield first.state(RunState.PAUSED)
    first.later(3600)
    yield first.state(RunState.TRAINING)
    yield from first.train(60)
    first.step = 40
    yield Rewound(step=40, time=first.later(0.1), from_step=60)
    yield first.knobs(0.25)
    yield first.state(RunState.PAUSED)
    first.later(60)
    yield first.state(RunState.TRAINING)
    yield from first.train(83)
    second = Life(first.time + 86400, 80, seed=2, total_steps=120)
    yield from second.opening()
    yield second.knobs(0.25)
    yield from second.train(120)
    yield second.state(RunState.FINISHED)
    second.later(7200)
    yield Ended(step=120, time=second.time, reason="finished")


def failed_life() -> Iterator[Event]:
    """A run that failed."""
    life = Life(START, 0, seed=1)
    yield from life.opening()
    yield from life.train(12)
    yield Failed(step=12, time=life.later(0.1), message="the disk is full", traceback="Traceback")


def work_seconds(events: Iterable[Event]) -> float:
    """How long the training took."""
    return sum(event.seconds for event in events if isinstance(event, Metrics))


class Listener:
    """What the screen knows of a run."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.events: list[Event] = []
        self.history = History()
        self.view = RunView(Config())
        for event in events:
            self.hear(event)

    def hear(self, event: Event) -> None:
        """Take an event in as the app does."""
        self.events.append(event)
        if isinstance(event, ReplayEvent):
            if isinstance(event, Jumped) and event.step < event.from_step:
                self.history.take_back(event.step)
            self.view.apply(event.change)
        else:
            self.history.add(event)
            self.view.apply(event)

    def known(self) -> dict[str, Any]:
        """What was measured up to the present step and holds now, to be compared."""
        history, view = self.history, self.view
        last = min(history.last_step, view.step)
        envelope = history.envelope("loss", 1, last, last)[0].tolist() if last > 0 else []
        return {
            "step": view.step,
            "losses": envelope,
            "smoothed": history.smoothed("kl", 1, last, last).round(4).tolist() if last > 0 else [],
            "evaluations": [(found.step, found.loss) for found in history.evaluations() if found.step <= last],
            "validation": view.validation and (view.validation.step, view.validation.loss),
            "rate": view.learning_rate_scale,
        }


def picture_steps(run: Path) -> list[int]:
    """The steps of a run's pictures."""
    return sorted(int(path.stem.split("-")[1]) for path in (run / "samples").glob("*.png"))
