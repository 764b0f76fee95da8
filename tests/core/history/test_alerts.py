"""Alerts: trouble is told once, with its figures, and a healthy run is left in peace."""

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vae_tui.core.config import Config, DataConfig, ModelConfig, ObjectiveConfig, RunConfig
from vae_tui.core.history.alerts import AlertDetector
from vae_tui.core.protocol.events import (
    Alert,
    AlertCleared,
    Ended,
    Evaluated,
    Event,
    Metrics,
    ModelReady,
    Rewound,
    RunState,
    StateChanged,
)
from vae_tui.core.run.event_log import read_events
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training.launch import Launch
from vae_tui.core.training.run_training import run_training

STEPS_PER_EPOCH = 50
SECONDS = 0.004
"""The usual duration of a step."""


def ready(step: int = 0, total_steps: int = 100_000) -> ModelReady:
    return ModelReady(
        step=step,
        parameter_count=1,
        device="cpu",
        steps_per_epoch=STEPS_PER_EPOCH,
        total_steps=total_steps,
        batch_size=10,
        compile_seconds=1.0,
        schedule_steps=np.ones(1, np.int32),
        schedule_rates=np.ones(1, np.float32),
    )


def chunk(first_step: int, steps: int = 25, *, seconds: float = SECONDS, kl: float = 20.0) -> Metrics:
    """The metrics of some steps, of which each took `seconds`."""
    values = np.full(steps, kl, np.float32)
    step = first_step + steps - 1
    return Metrics(
        step=step,
        first_step=first_step,
        seconds=seconds * steps,
        loss=values,
        reconstruction=values,
        kl=values,
        grad_norm=values,
        learning_rate=values,
    )


def evaluated(step: int, loss: float = 100.0, *, kl: float = 20.0, active: int | None = 20) -> Evaluated:
    return Evaluated(step=step, split="validation", loss=loss, reconstruction=loss - kl, kl=kl, active_units=active)


def run(first_step: int, last_step: int, *, seconds: float = SECONDS, kl: float = 20.0) -> Iterator[Metrics]:
    for first in range(first_step, last_step + 1, 25):
        yield chunk(first, min(25, last_step + 1 - first), seconds=seconds, kl=kl)


def alerts_of(*events: Event, config: Config | None = None, watch: AlertDetector | None = None) -> list[Alert]:
    return raised(watch or AlertDetector(config or Config()), ready(), *events)


def raised(watch: AlertDetector, *events: Event) -> list[Alert]:
    return [change for event in events for change in watch.handle_event(event) if isinstance(change, Alert)]


def cleared(watch: AlertDetector, *events: Event) -> list[str]:
    """The kinds of the alerts that events clear, while they raise none."""
    changes = [change for event in events for change in watch.handle_event(event)]
    assert all(isinstance(change, AlertCleared) for change in changes)
    return [change.kind for change in changes]


# -- a healthy run


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    jitter=st.floats(0, 0.4),
    noise=st.floats(0, 0.003),
    fall=st.floats(0.001, 0.02),
    burst=st.floats(1, 1000),
    chunk_steps=st.integers(5, STEPS_PER_EPOCH),
)
def test_a_healthy_run_gives_no_alerts(seed, jitter, noise, fall, burst, chunk_steps):
    rng, watch, told = np.random.default_rng(seed), AlertDetector(Config()), []
    watch.handle_event(ready())
    last_step = 100 * STEPS_PER_EPOCH
    for first in range(1, last_step, chunk_steps):
        seconds = SECONDS * 5 / (1 + jitter * rng.uniform(-1, 1)) * (burst if rng.random() < 0.005 else 1)
        kl = 25 * (1 - np.exp(-first / 200)) * (1 + 0.1 * rng.normal())
        told += watch.handle_event(chunk(first, chunk_steps, seconds=seconds, kl=kl))
        step = first + chunk_steps - 1
        if step // STEPS_PER_EPOCH > (first - 1) // STEPS_PER_EPOCH:
            epoch = step // STEPS_PER_EPOCH
            told += watch.handle_event(StateChanged(step=step, state=RunState.EVALUATING))
            loss = (100 + 300 * np.exp(-epoch / 5)) * (1 - fall) ** epoch * (1 + noise * rng.uniform(-1, 1))
            told += watch.handle_event(evaluated(step, loss, kl=kl, active=min(20, 2 * epoch)))
            told += watch.handle_event(StateChanged(step=step, state=RunState.TRAINING))
    assert told == []


# -- KL collapse


def test_a_kl_that_stays_near_nothing_is_told_once_and_again_after_it_was_over():
    watch = AlertDetector(Config())
    (alert,) = alerts_of(*run(1, 5000, kl=0.03), watch=watch)
    assert alert.kind == "kl collapse"
    assert "0.03 nats" in alert.text
    assert "beta" in alert.text
    assert 1000 <= alert.step <= 1050, "not in the first 500 steps, nor before 500 more"
    assert cleared(watch, *run(5001, 5500, kl=0.7)) == [], "better, but not over"
    assert cleared(watch, *run(5501, 6000, kl=5.0)) == ["kl collapse"]
    (again,) = raised(watch, *run(6001, 9000, kl=0.1))
    assert "0.10 nats" in again.text


@pytest.mark.parametrize(
    ("latents", "active", "is_told"), [(20, 0, True), (20, 1, True), (20, 2, False), (2, 1, False), (2, 0, True)]
)
def test_latents_that_fall_out_of_use_are_told(latents: int, active: int, is_told: bool):
    config = Config(model=ModelConfig(latents=latents))
    events = (
        event
        for step in range(50, 2001, 50)
        for event in (*run(step - 49, step, kl=1.5), evaluated(step, 100 - step / 50, active=active))
    )
    alerts = alerts_of(*events, config=config)
    assert len(alerts) == is_told
    if is_told:
        assert f"{active} of {latents} in use" in alerts[0].text
        assert alerts[0].step == 600, "the second evaluation after the first 500 steps"


def test_one_evaluation_without_latents_is_no_collapse():
    assert alerts_of(*run(1, 1000), evaluated(1000, active=0), *run(1001, 1050), evaluated(1050, 99.0)) == []


def test_while_beta_rises_a_low_kl_is_no_collapse():
    linear = Config(objective=ObjectiveConfig(beta_schedule="linear", beta_warmup_steps=4000))
    (alert,) = alerts_of(*run(1, 6000, kl=0.1), config=linear)
    assert 4500 <= alert.step <= 4550
    cyclical = Config(objective=ObjectiveConfig(beta_schedule="cyclical", beta_cycles=4))  # 12,500 of 25,000 rise
    (alert,) = alerts_of(*run(1, 14_000, kl=0.1), config=cyclical)
    assert 13_000 <= alert.step <= 13_050


def test_a_kl_that_is_not_finite_is_nobodys_collapse():
    assert alerts_of(*run(1, 1000), chunk(1001, kl=float("nan")), *run(1026, 3000)) == []


# -- plateau


def evaluations(losses: list[float], first: int = 1, every: int = 100) -> Iterator[Evaluated]:
    for i, loss in enumerate(losses, start=first):
        yield evaluated(i * every, loss)


def test_a_plateau_is_told_once_until_the_loss_falls_again():
    watch = AlertDetector(Config())
    (alert,) = alerts_of(*evaluations([120, 110, 100, *[99.95, 100.3] * 20]), watch=watch)
    assert alert.kind == "plateau"
    assert alert.step == 1300
    assert "10 evaluations: best 99.95, now 100.30" in alert.text
    assert cleared(watch, evaluated(5000, 99.92)) == [], "a fall by next to nothing is none"
    assert cleared(watch, evaluated(5100, 98.0)) == ["plateau"]
    later = raised(watch, *evaluations([98.0] * 40, first=52))
    assert [alert.step for alert in later] == [7100], "the next wait is twice as long"


def test_short_epochs_are_waited_for_longer():
    (alert,) = alerts_of(*evaluations([100.0] * 100, every=10))
    assert alert.step == 510


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_a_loss_that_creeps_forever_is_told_ever_more_rarely(waits: list[int]):
    losses, loss = [], 1000.0
    for wait in waits:
        loss *= 0.99
        losses += [loss] * wait
    alerts = alerts_of(*evaluations(losses))
    assert len(alerts) <= np.log2(max(1, len(losses) / 10)) + 1


def test_losses_of_other_splits_and_such_that_are_not_finite_do_not_count():
    losses = [100.0] * 10
    test = Evaluated(step=1000, split="test", loss=100.0, reconstruction=80.0, kl=20.0)
    nan = [evaluated(2000 + step, float("nan")) for step in range(30)]
    assert alerts_of(*evaluations(losses), *[test] * 30, *nan) == []


# -- slow steps


def test_slow_steps_are_told_once_and_again_after_they_were_over():
    watch = AlertDetector(Config())
    (alert,) = alerts_of(*run(1, 10_000), *run(10_001, 11_000, seconds=0.02), watch=watch)
    assert alert.kind == "slow steps"
    assert "20.0 ms instead of 4.0 ms" in alert.text
    assert 3 <= (alert.step - 10_000) * 0.02 <= 8, "after some seconds"
    assert cleared(watch, *run(11_001, 18_000)) == ["slow steps"]
    (again,) = raised(watch, *run(18_001, 20_000, seconds=0.02))
    assert again.step > 18_000


@pytest.mark.parametrize("before", [0, 1000])
def test_at_the_beginning_nothing_is_slow_yet(before: int):
    assert alerts_of(*run(1, before), *run(before + 1, before + 300, seconds=0.04)) == []


def test_after_a_pause_the_speed_is_found_anew():
    fast, slow = [*run(1, 10_000)], [*run(10_001, 10_300, seconds=0.02)]  # 6 seconds of slow steps
    paused = StateChanged(step=10_150, state=RunState.PAUSED)
    assert len(alerts_of(*fast, *slow)) == 1
    assert alerts_of(*fast, *slow[:6], paused, *slow[6:]) == []


def test_one_long_chunk_is_no_matter():
    assert alerts_of(*run(1, 10_000), chunk(10_001, 1, seconds=3600.0), *run(10_002, 12_000)) == []


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 60), (300, 1), (7, 40)])
def test_how_steps_are_cut_into_chunks_does_not_matter(before: int, after: int):
    fast = (chunk(first, before) for first in range(1, 8_000, before))
    slow = (chunk(first, after, seconds=0.02) for first in range(8_001, 9_000, after))
    assert [alert.kind for alert in alerts_of(*fast, *slow)] == ["slow steps"]


def test_the_usual_speed_of_a_very_long_run_is_that_of_all_of_it():
    watch = AlertDetector(Config())
    half = 200_000
    alerts_of(*(chunk(first, 250) for first in range(1, half, 250)), watch=watch)
    (alert,) = raised(watch, *(chunk(first, 250, seconds=0.012) for first in range(half + 1, 2 * half, 250)))
    assert "4.0 ms" in alert.text


# -- all


def test_a_rewind_clears_all_alerts_and_the_watch_begins_anew():
    watch = AlertDetector(Config())
    told = alerts_of(*run(1, 1500, kl=0.1), *evaluations([120, 110, *[100] * 20]), watch=watch)
    assert {alert.kind for alert in told} == {"kl collapse", "plateau"}
    told = alerts_of(*run(1, 10_000, kl=0.1), *run(10_001, 11_000, kl=0.1, seconds=0.02), watch=watch)
    assert [alert.kind for alert in told] == ["slow steps"]
    assert cleared(watch, Rewound(step=200, from_step=2200)) == ["kl collapse", "plateau", "slow steps"]
    assert watch.handle_event(evaluated(300, 109.0)) == []
    assert raised(watch, *evaluations([105.0 - i for i in range(30)], first=4)) == []


def test_the_same_events_give_the_same_alerts():
    events = [*run(1, 10_000, kl=0.1), *evaluations([100] * 30), *run(10_001, 12_000, seconds=0.03)]
    first, second = alerts_of(*events), alerts_of(*events)
    assert len(first) == 3
    assert first == second
    assert all(alert.time in {event.time for event in events} for alert in first)


def test_an_alert_fits_on_a_line():
    events = [*run(1, 10_000, kl=0.1), *evaluations([100] * 30), *run(10_001, 12_000, seconds=0.03)]
    for alert in alerts_of(*events):
        assert "\n" not in alert.text
        assert len(alert.text) <= 120


def test_in_a_run_alerts_and_their_ends_are_logged_and_told_right_after_what_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Trainer:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._emit = arguments[4]

        def run(self) -> None:
            for event in (ready(), *evaluations([100.0] * 15), evaluated(1600, 90.0)):
                self._emit(event)

        def serve(self) -> None:
            pass

        def close(self) -> Ended:
            return Ended(step=1500, reason="finished")

    monkeypatch.setattr("vae_tui.core.training.trainer.Trainer", Trainer)
    told: list[Event] = []
    config = Config(data=DataConfig(name="mnist5k"), run=RunConfig(dir=str(tmp_path / "run")))
    with RunDirectory.create(config) as run:
        run_training(run, queue.Queue(), told.append, Launch(is_resumed=False))
        logged = list(read_events(run.events_path))
    changes = [event for event in told if isinstance(event, Alert | AlertCleared)]
    assert [(type(change), change.step) for change in changes] == [(Alert, 1100), (AlertCleared, 1600)]
    for change in changes:
        shown_by = told[told.index(change) - 1]
        assert (shown_by.step, shown_by.time) == (change.step, change.time)
    assert logged == told
