"""The time that is left, on simulated runs whose truth is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.protocol.events import (
    CheckpointStarted,
    DataReady,
    Evaluated,
    Event,
    KnobsChanged,
    LatentMap,
    Metrics,
    ModelReady,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.training.plan import Plan
from vae_tui.tui.state.eta import Eta, StepPace
from vae_tui.tui.state.run_view import RunView

START = 1_800_000_000.0
PICTURE = np.zeros((1, 1, 28, 28), np.uint8)


@dataclass
class Simulation:
    """A run with constant speed and durations, in seconds; `clock` is its time without pauses."""

    epochs: int = 6
    steps_per_epoch: int = 100
    chunk: int = 15
    step: float = 0.01
    between: float = 0.05
    """Time between chunks, as a fraction of their own."""
    picture: float = 0.05
    sample_steps: int = 70
    evaluation: float = 0.5
    checkpoint: float = 0.2
    checkpoint_epochs: int = 1
    test_size: int = 0
    compilation: float = 30.0
    extra_steps: int = 0
    """Steps beyond the last whole epoch."""

    def __post_init__(self) -> None:
        self.clock = self.paused = 0.0
        self.now = 0

    @property
    def config(self) -> Config:
        return Config(run=RunConfig(sample_steps=self.sample_steps, checkpoint_epochs=self.checkpoint_epochs))

    @property
    def total_steps(self) -> int:
        return self.epochs * self.steps_per_epoch + self.extra_steps

    def at(self) -> dict[str, Any]:
        return {"step": self.now, "time": START + self.clock + self.paused}

    def state(self, to: RunState) -> StateChanged:
        return StateChanged(**self.at(), state=to)

    def events(self, pauses: tuple[int, ...] = ()) -> Iterator[Event]:
        """The run; it pauses for an hour after each of the chunks and evaluations that are numbered in `pauses`."""
        boundaries = 0

        def pause(back_to: RunState) -> Iterator[Event]:
            nonlocal boundaries
            boundaries += 1
            if boundaries in pauses:
                yield self.state(RunState.PAUSED)
                self.paused += 1800
                yield KnobsChanged(**self.at(), learning_rate_scale=0.5, beta_scale=1.0)
                self.paused += 1800
                yield self.state(RunState.TRAINING)
                if back_to != RunState.TRAINING:
                    yield self.state(back_to)

        def evaluate(split: Literal["validation", "test"], duration: float) -> Iterator[Event]:
            yield self.state(RunState.EVALUATING)
            self.clock += 0.4 * duration
            yield from pause(RunState.EVALUATING)
            self.clock += 0.4 * duration
            yield Evaluated(**self.at(), split=split, loss=1.0, reconstruction=1.0, kl=0.0)
            self.clock += 0.2 * duration
            if split == "validation":
                empty = np.zeros((0, 2), np.float32), np.zeros(0, np.int32)
                yield LatentMap(
                    **self.at(),
                    points=empty[0],
                    labels=empty[1],
                    latents=empty[0],
                    explained=(0.5, 0.5),
                )

        plan = Plan(self.steps_per_epoch, self.total_steps, self.checkpoint_epochs)
        yield self.state(RunState.PREPARING)
        self.clock += 12
        yield DataReady(
            **self.at(),
            name="simulated",
            class_names=("0",),
            train_size=10 * self.steps_per_epoch,
            validation_size=100,
            test_size=self.test_size,
        )
        yield self.state(RunState.COMPILING)
        self.clock += self.compilation
        yield model_ready(self)
        yield self.state(RunState.TRAINING)
        while self.now < self.total_steps:
            most = min(plan.steps_to_epoch_end(self.now), self.total_steps - self.now)
            size = min(self.chunk, most, self.sample_steps - self.now % self.sample_steps)
            self.now += size
            self.clock += size * self.step
            values = np.ones(size, np.float32)
            names = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
            yield Metrics(
                **self.at(),
                first_step=self.now - size + 1,
                seconds=size * self.step,
                **dict.fromkeys(names, values),
            )
            at_end = self.now == self.total_steps
            if self.now % self.sample_steps == 0 or at_end:
                self.clock += self.picture
                yield Sampled(**self.at(), images=PICTURE, source="ema", temperature=1.0)
            if plan.ends_epoch(self.now) or at_end:
                yield from evaluate("validation", self.evaluation)
            if plan.is_checkpoint_due(self.now) or at_end:
                self.clock += self.checkpoint
                yield CheckpointStarted(**self.at())
            yield self.state(RunState.TRAINING)
            yield from pause(RunState.TRAINING)
            if not at_end:
                self.clock += size * self.step * self.between
        if self.test_size:
            yield from evaluate("test", self.evaluation * self.test_size / 100)


def model_ready(run: Simulation) -> ModelReady:
    return ModelReady(
        **run.at(),
        parameter_count=1,
        device="cpu",
        steps_per_epoch=run.steps_per_epoch,
        total_steps=run.total_steps,
        batch_size=10,
        compile_seconds=run.compilation,
        schedule_steps=np.ones(1, np.int32),
        schedule_rates=np.ones(1, np.float32),
    )


def follow(run: Simulation, pauses: tuple[int, ...] = ()) -> list[tuple[Event, float | None, float]]:
    """Each event, what the estimate is after it, and the truth."""
    eta, told = Eta(run.config), []
    for event in run.events(pauses):
        eta.add(event)
        told.append((event, eta.seconds_left, run.clock))
    return [(event, left, run.clock - clock) for event, left, clock in told]


seconds = st.floats(0, 2)


@given(
    epochs=st.integers(3, 12),
    steps_per_epoch=st.integers(20, 200),
    extra_steps=st.integers(0, 19),
    chunk=st.integers(1, 60),
    step=st.floats(0.001, 0.1),
    between=st.floats(0, 0.02),
    picture=seconds,
    sample_steps=st.integers(20, 300),
    evaluation=seconds,
    checkpoint=seconds,
    checkpoint_epochs=st.integers(1, 3),
    test_size=st.sampled_from([0, 100, 300]),
    pauses=st.lists(st.integers(1, 50), max_size=3).map(tuple),
)
def test_from_the_second_epoch_on_the_estimate_is_true(pauses: tuple[int, ...], **arguments: Any):
    run = Simulation(**arguments)
    plan = Plan(run.steps_per_epoch, run.total_steps, run.checkpoint_epochs)
    first_checkpoint = run.checkpoint_epochs * run.steps_per_epoch
    known_from = max(run.steps_per_epoch, run.sample_steps, first_checkpoint)  # all of it was seen once
    margin = 0.01 + run.chunk * run.step * run.between  # chunks are cut unevenly
    checked = 0
    for event, left, truth in follow(run, pauses):
        if isinstance(event, Metrics) and event.step > known_from:
            assert left == pytest.approx(truth, rel=0.02, abs=margin)
            checked += 1
    assert checked or known_from >= plan.total_steps


@given(pauses=st.lists(st.integers(1, 50), min_size=1, max_size=3).map(tuple))
def test_pauses_are_left_out(pauses: tuple[int, ...]):
    def estimates(*pauses: int) -> list[float | None]:
        return [left for event, left, _ in follow(Simulation(), pauses) if isinstance(event, Metrics)]

    assert estimates(*pauses) == pytest.approx(estimates(), rel=1e-3)


def test_nothing_is_known_before_the_first_steps_and_compilation_never_counts():
    told = follow(Simulation())
    first = next(i for i, (event, _, _) in enumerate(told) if isinstance(event, Metrics))
    assert [left for _, left, _ in told[:first]] == [None] * first
    assert all(left is not None for _, left, _ in told[first:])
    slow, quick = (follow(Simulation(compilation=seconds)) for seconds in (600.0, 0.1))
    assert [left for _, left, _ in slow] == pytest.approx([left for _, left, _ in quick], rel=1e-3)


def test_an_evaluation_that_was_not_seen_yet_is_guessed():
    run = Simulation(evaluation=0.01 * 10 / 3, picture=0, checkpoint=0, between=0)  # a third of 10 steps
    _, left, truth = next(found for found in follow(run) if isinstance(found[0], Metrics))
    assert left == pytest.approx(truth, rel=1e-3)


def test_at_the_end_nothing_is_left():
    *_, (_, left, _) = follow(Simulation(extra_steps=7))
    assert left == pytest.approx(0, abs=1e-6)


def test_the_estimate_follows_the_present_speed():
    slow = Simulation(step=0.1, epochs=60)
    view = RunView(slow.config)
    for event in Simulation(epochs=60).events():
        view.apply(event)
        if event.step == 2000:
            break
    before = view.seconds_left or 0
    for event in slow.events():
        if event.step > 2000:
            later = START + 10_000 + event.time
            view.apply(dataclasses.replace(event, time=later))
        if event.step == 3000:
            break
    assert view.steps_per_second == pytest.approx(10, rel=0.05)
    assert (view.seconds_left or 0) > 3 * before


def test_after_a_rewind_all_that_is_due_again_is_counted():
    told = follow(Simulation())
    eta, run = Eta(Simulation().config), Simulation()
    for event in run.events():
        eta.add(event)
        if event.step == 400 and isinstance(event, CheckpointStarted):
            eta.add(Rewound(step=200, from_step=400, time=event.time))
            break
    (then,) = (truth for event, _, truth in told if isinstance(event, CheckpointStarted) and event.step == 200)
    assert eta.seconds_left == pytest.approx(then, rel=0.02)


def test_what_the_user_asks_for_is_not_expected_again():
    def events(asked: float) -> Iterator[Event]:
        shift = 0.0
        for event in Simulation().events():
            yield dataclasses.replace(event, time=event.time + shift)
            if isinstance(event, Metrics) and asked:
                shift += asked
                yield Sampled(
                    step=event.step,
                    time=event.time + shift,
                    images=PICTURE,
                    source="ema",
                    temperature=1.0,
                    requested=True,
                )

    estimates = []
    for asked in (0.0, 3.0):
        eta = Eta(Simulation().config)
        for event in events(asked):
            eta.add(event)
            if event.step == 300:
                break
        estimates.append(eta.seconds_left)
    assert estimates[1] == pytest.approx(estimates[0], rel=0.02)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.001, 9)), min_size=1, max_size=60))
def test_the_pace_is_that_of_the_newest_chunks_up_to_the_window(chunks: list[tuple[int, float]]):
    pace = StepPace(10.0)
    for chunk in chunks:
        pace.add(*chunk)
    kept: list[tuple[int, float]] = []
    for chunk in reversed(chunks):
        if kept and sum(seconds for _, seconds in [*kept, chunk]) > 10 + 1e-9:
            break
        kept.append(chunk)
    steps, seconds = (sum(values) for values in zip(*kept, strict=True))
    assert pace.step_seconds == pytest.approx(seconds / steps)
