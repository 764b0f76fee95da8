"""Runs to compare, written as a trainer writes them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from vae_tui.core.config import Config
from vae_tui.core.protocol.events import DataReady, Ended, Evaluated, Event, Metrics, ModelReady, RunState, StateChanged
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory

START = 1_700_000_000.0
"""Before now: pictures that are older than the start of a run are not its own."""


def ready(dataset: str = "mnist5k", steps_per_epoch: int = 50, total_steps: int = 300) -> list[Event]:
    """What a run says before its first step."""
    return [
        DataReady(
            step=0,
            time=START,
            name=dataset,
            class_names=tuple("0123456789"),
            train_size=4500,
            validation_size=500,
            test_size=0,
        ),
        ModelReady(
            step=0,
            time=START,
            parameter_count=1,
            device="cpu",
            steps_per_epoch=steps_per_epoch,
            total_steps=total_steps,
            batch_size=10,
            compile_seconds=1.0,
            schedule_steps=np.ones(1, np.int32),
            schedule_rates=np.ones(1, np.float32),
        ),
    ]


def metrics(first_step: int, last_step: int, *, loss: float = 100.0, step_seconds: float = 0.01) -> Metrics:
    """Steps with a loss that falls slowly."""
    steps = np.arange(first_step, last_step + 1)
    values = (loss + 50 * np.exp(-steps / 60)).astype(np.float32)
    return Metrics(
        step=last_step,
        first_step=first_step,
        time=START + last_step * step_seconds,
        seconds=step_seconds * len(steps),
        loss=values,
        reconstruction=values - 20,
        kl=np.full(len(steps), 20, np.float32),
        grad_norm=np.ones(len(steps), np.float32),
        learning_rate=np.full(len(steps), 1e-3, np.float32),
    )


def evaluated(step: int, loss: float, split: str = "validation") -> Evaluated:
    return Evaluated(step=step, time=START, split=split, loss=loss, reconstruction=loss - 20, kl=20.0)  # type: ignore[arg-type]


def trained_steps(last_step: int = 300, *, loss: float = 100.0, step_seconds: float = 0.01) -> list[Event]:
    """Steps up to the last one, with an evaluation every 50."""
    events: list[Event] = []
    for first in range(1, last_step + 1, 50):
        last = min(first + 49, last_step)
        events.append(metrics(first, last, loss=loss, step_seconds=step_seconds))
        events.append(evaluated(last, loss + 50 * float(np.exp(-last / 60)) + 2))
    return events


def over(step: int = 300) -> list[Event]:
    """The end of a run."""
    return [
        StateChanged(step=step, time=START + 60, state=RunState.FINISHED),
        Ended(step=step, time=START + 60, reason="finished"),
    ]


def write_run(path: Path, *events: Event, config: Config | None = None) -> Path:
    """Write a run that no process holds."""
    config = config or Config()
    config = dataclasses.replace(config, run=dataclasses.replace(config.run, dir=str(path)))
    with RunDirectory.create(config) as run:
        append(run, *events)
    return path


def append(run: RunDirectory, *events: Event) -> None:
    """Append events to a run's log, as the process that trains it does."""
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()
