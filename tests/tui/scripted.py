"""A session that plays a script instead of training, and the events of a plausible run."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static
from vae_tui.core.config import Config
from vae_tui.core.data.packaged_digits import load_packaged
from vae_tui.core.protocol.commands import Command
from vae_tui.core.protocol.events import (
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Ended,
    Evaluated,
    Event,
    Failed,
    Metrics,
    ModelReady,
    Notice,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.session.session import OWNER, Role
from vae_tui.tui.state.log_book import rows_of
from vae_tui.tui.widgets.log_panel import LogPanel

START = 4_102_473_600.0
"""The time of a scripted run's first event: 2100-01-01 08:00:00 UTC, after the app has begun whenever that is."""

RUN_PATH = Path("runs/2027-01-15-mnist5k-1")
TOTAL_STEPS = 4270
STEPS_PER_EPOCH = 35
CHUNK = 35
STEPS_PER_SECOND = 280.0

CHAIN = (
    "scale_to_max_norm(5)",
    "scale_by_adam(b1=0.9, b2=0.999, eps=1e-08)",
    "scale_by_learning_rate(warmup-cosine, peak 0.002)",
)
PARAMETERS = (
    "decoder/Dense_0/bias 256",
    "decoder/Dense_0/kernel 30x256",
    "encoder/Dense_0/bias 512",
    "encoder/Dense_0/kernel 794x512",
    "log_scale scalar",
)
"""A part of the default model's table, and a parameter without a dimension."""


class ScriptedSession:
    """Keeps what it was told and says what a test makes it say."""

    def __init__(self, opening: tuple[Event, ...] = (), role: Role = OWNER) -> None:
        self.role = role
        self.viewers = 1
        self.is_responding = True
        self.commands: list[Command] = []
        self.is_over = False
        self.started = threading.Event()
        self._opening = opening
        self._post: Callable[[Event], None] | None = None

    def start(self, post: Callable[[Event], None]) -> None:
        self._post = post
        for event in self._opening:
            post(event)
        self.started.set()

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def join(self, timeout: float | None) -> bool:
        return self.is_over

    def post(self, *events: Event) -> None:
        """Say something, from the calling thread."""
        assert self._post is not None, "the app has not started the session"
        for event in events:
            if isinstance(event, Ended | Failed):
                self.is_over = True
            self._post(event)


def make_app(session: ScriptedSession, **arguments: object) -> VaeTuiApp:
    """The app on a scripted session."""
    return VaeTuiApp(session, **{"run_path": RUN_PATH, "config": Config(), **arguments})  # type: ignore[arg-type]


def at(step: int) -> float:
    """The time at which a scripted run has finished a step."""
    return START + 5 + step / STEPS_PER_SECOND


def state(to: RunState, step: int = 0, detail: str = "") -> StateChanged:
    return StateChanged(step=step, time=at(step), state=to, detail=detail)


def notice(text: str, step: int = 0) -> Notice:
    return Notice(step=step, time=at(step), level="warning", text=text)


def data_ready(note: str = "") -> DataReady:
    return DataReady(
        step=0,
        time=START + 1,
        name="mnist5k",
        class_names=tuple(str(label) for label in range(10)),
        train_size=4500,
        validation_size=500,
        test_size=0,
        note=note,
    )


def learning_rate(step: np.ndarray) -> np.ndarray:
    """Linear warm-up over 100 steps, then cosine, as the default configuration has it."""
    warm = np.minimum(step / 100, 1.0)
    phase = np.clip((step - 100) / (TOTAL_STEPS - 100), 0, 1)
    return (2e-3 * warm * (0.05 + 0.95 * (1 + np.cos(np.pi * phase)) / 2)).astype(np.float32)


def model_ready(step: int = 0) -> ModelReady:
    steps = np.unique(np.linspace(1, TOTAL_STEPS, 300).astype(np.int32))
    return ModelReady(
        step=step,
        time=START + 5,
        parameter_count=1_139_832,
        device="cpu",
        steps_per_epoch=STEPS_PER_EPOCH,
        total_steps=TOTAL_STEPS,
        batch_size=128,
        compile_seconds=1.8,
        schedule_steps=steps,
        schedule_rates=learning_rate(steps),
        chain=CHAIN,
        optimizer_bytes=9_118_660,
        parameters=PARAMETERS,
    )


def metrics(first_step: int, step: int) -> Metrics:
    """A falling loss with noise that depends on the step alone."""
    steps = np.arange(first_step, step + 1)
    noise = np.random.default_rng(first_step).normal(size=(2, len(steps)))
    kl = 24 - 18 * np.exp(-steps / 300) + 0.4 * noise[0]
    reconstruction = 82 + 460 * np.exp(-steps / 45) + 40 * np.exp(-steps / 700) + 2.5 * noise[1]
    return Metrics(
        step=step,
        time=at(step),
        first_step=first_step,
        seconds=len(steps) / STEPS_PER_SECOND,
        loss=(reconstruction + kl).astype(np.float32),
        reconstruction=reconstruction.astype(np.float32),
        kl=kl.astype(np.float32),
        grad_norm=(3 + 40 * np.exp(-steps / 80) + 0.5 * np.abs(noise[0])).astype(np.float32),
        learning_rate=learning_rate(steps),
    )


def evaluated(step: int, *, best: bool = True) -> Evaluated:
    kl = 24 - 18 * float(np.exp(-step / 300))
    reconstruction = 86 + 460 * float(np.exp(-step / 45)) + 40 * float(np.exp(-step / 700))
    loss = reconstruction + kl
    return Evaluated(
        step=step, time=at(step), split="validation", loss=loss, reconstruction=reconstruction, kl=kl, best=best
    )


def checkpointed(step: int, *, best: bool = False) -> Checkpointed:
    return Checkpointed(step=step, time=at(step), path=str(RUN_PATH / "checkpoints" / str(step)), best=best)


def sampled(step: int, *, requested: bool = False, label: int | None = None) -> Sampled:
    """Ten rows of eight real digits, which come forth from the mean of their class as the run goes on."""
    first = step % 8 if requested else 0
    clear = 1 - np.exp(-step / 250)
    images = clear * digits()[:, first : first + 8] + (1 - clear) * digits().mean(axis=1, keepdims=True)
    return Sampled(
        step=step,
        time=at(step),
        images=images.astype(np.uint8),
        source="ema",
        temperature=0.8,
        requested=requested,
        label=label,
    )


@cache
def digits() -> np.ndarray:
    """Sixteen digits of each class of the packaged data set, as uint8 [10, 16, 28, 28]."""
    split = load_packaged().train
    return np.stack([split.images[split.labels == label][:16] for label in range(10)])


def opening(note: str = "") -> tuple[Event, ...]:
    """Everything up to the first step."""
    return (
        StateChanged(step=0, time=START, state=RunState.PREPARING),
        data_ready(note),
        StateChanged(step=0, time=START + 1, state=RunState.COMPILING),
        model_ready(),
        sampled(0),
        state(RunState.TRAINING),
    )


def training(last_step: int, first_step: int = 1) -> Iterator[Event]:
    """The events of the steps from `first_step` to `last_step`."""
    for first in range(first_step, last_step + 1, CHUNK):
        step = min(first + CHUNK - 1, last_step)
        yield metrics(first, step)
        if step // 250 > (first - 1) // 250 or step == last_step:
            yield sampled(step)
        if step % STEPS_PER_EPOCH == 0:
            yield state(RunState.EVALUATING, step)
            yield evaluated(step)
            if step % (3 * STEPS_PER_EPOCH) == 0:
                yield CheckpointStarted(step=step, time=at(step))
                yield checkpointed(step, best=True)
            yield state(RunState.TRAINING, step)


async def eventually(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait until something is so; give up after a time that is long for any machine, or when the app has ended."""
    for _ in range(1500):
        if condition():
            return
        assert pilot.app.is_running, "the app has ended"
        await pilot.pause(0.02)
    raise AssertionError("it did not come to be")


async def settle(pilot: Pilot[Any], session: ScriptedSession | None = None) -> None:
    """Wait until the session has started, and what it said is taken in and painted."""
    if session is not None:
        await eventually(pilot, session.started.is_set)
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, VaeTuiApp)
    assert app.is_running, "the app has ended"
    app.catch_up()
    await pilot.pause()


@asynccontextmanager
async def running(
    *events: Event, size: tuple[int, int] = (120, 40), role: Role = OWNER, **arguments: Any
) -> AsyncIterator[tuple[Pilot[Any], VaeTuiApp, ScriptedSession]]:
    """The app on a session that has said `events`, ready for keys."""
    session = ScriptedSession(events, role)
    app = make_app(session, **arguments)
    async with app.run_test(size=size) as pilot:
        await settle(pilot, session)
        yield pilot, app, session


hidden = partial(running, size=(50, 12))
"""The app on a terminal that is too small for its panels: its keys and words are the same, and drawn is little."""


def text_of(app: VaeTuiApp, selector: str) -> str:
    """The words that a widget of the panels shows."""
    content = app.monitor.query_one(selector, Static).content
    return content.plain if isinstance(content, Content) else str(content)


def log_of(app: VaeTuiApp) -> str:
    """The log's entries that the panel shows, each in full on one line."""
    panel = app.monitor.query_one(LogPanel)
    entries = [rows_of(number, line, 10_000)[0] for number, line in panel.book.entries() if number in panel.numbers]
    return "\n".join(f"{row.lead}{row.text}" for row in entries)
