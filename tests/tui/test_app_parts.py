"""The pure parts of the app: words, the view of a run, commands under way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import STEPS_PER_SECOND, checkpointed, evaluated, metrics, model_ready, notice, sampled, state, training
from vae_tui.core.commands import Checkpoint, Command, Pause, Resume, Sample, Stop, UseParams
from vae_tui.core.events import CheckpointStarted, Ended, Event, ParamsSelected, RunState
from vae_tui.tui.pending import Pending
from vae_tui.tui.text import amount, count, duration, shorten
from vae_tui.tui.view import RunView


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750, "12:30"), (11100, "3:05:00"), (-1, "0:00")]
)
def test_durations_read_like_a_clock(seconds: float, words: str):
    assert duration(seconds) == words


def test_amounts_have_their_unit():
    assert amount(3_100_000, 9_900_000, "bytes") == "3.1 of 9.9 MB"
    assert amount(3_100_000, 0, "bytes") == "3.1 MB"
    assert amount(1200, 60000, "images") == "1,200 of 60,000 images"
    assert amount(1200, 0, "images") == "1,200 images"
    assert count(12345.6) == "12,346"


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"]), max_size=60), st.integers(-2, 70))
def test_shortening_keeps_both_ends_and_the_width(text: str, width: int):
    short = shorten(text, width)
    assert len(short) <= max(width, 0)
    if len(text) <= width:
        assert short == text
    elif width >= 3:
        head, _, tail = short.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert tail


def test_the_best_evaluation_is_remembered():
    view = RunView("mnist5k")
    first, worse = evaluated(700), evaluated(735, best=False)
    view.apply(first)
    view.apply(worse)
    assert (view.best, view.validation) == (first, worse)


def test_a_checkpoint_that_is_reported_late_does_not_turn_the_step_back():
    view = RunView("mnist5k")
    for event in (metrics(1, 100), CheckpointStarted(step=100), metrics(101, 135)):
        view.apply(event)
    assert view.saving == 100
    view.apply(checkpointed(100))
    assert (view.step, view.saving, view.saved) == (135, None, checkpointed(100))


@given(st.integers(1, 4270))
def test_epochs_are_counted_from_one_to_their_number(step: int):
    view = RunView("mnist5k")
    view.apply(model_ready())
    view.apply(metrics(step, step))
    epoch, epochs = view.epoch or (0, 0)
    assert epochs == 122
    assert epoch == min(step // 35 + 1, 122)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_speed_does_not_depend_on_how_steps_are_cut_into_chunks(chunks: list[int]):
    view = RunView("mnist5k")
    view.apply(model_ready())
    step = 0
    for chunk in chunks:
        view.apply(metrics(step + 1, step + chunk))
        step += chunk
    assert math.isclose(view.steps_per_second or 0, STEPS_PER_SECOND, rel_tol=1e-9)
    assert math.isclose(view.seconds_left or 0, (4270 - step) / STEPS_PER_SECOND, rel_tol=1e-9)


def test_speed_follows_the_last_seconds_only():
    view = RunView("mnist5k")
    for event in training(2800):
        view.apply(event)
    slow = metrics(2801, 2835)
    for number in range(8):
        view.apply(type(slow)(**{**vars(slow), "seconds": 1.0, "step": slow.step + number}))
    assert (view.steps_per_second or 0) < STEPS_PER_SECOND / 4


ANSWERS: list[tuple[Command, Event]] = [
    (Pause(), state(RunState.PAUSED)),
    (Resume(), state(RunState.TRAINING)),
    (Checkpoint(), CheckpointStarted(step=1)),
    (Checkpoint(), checkpointed(1)),
    (Sample(3), sampled(1, requested=True, label=3)),
    (Sample(12), notice("this data set has no class 12")),
    (UseParams("raw"), ParamsSelected(step=1, source="raw")),
    (Stop(), Ended(step=1, reason="stopped")),
    (Pause(), state(RunState.FINISHED)),
]


@pytest.mark.parametrize(("command", "answer"), ANSWERS)
def test_a_command_is_under_way_until_its_answer(command: Command, answer: Event):
    pending = Pending()
    pending.send(command)
    assert not pending.acknowledge(metrics(1, 1))
    assert not pending.acknowledge(sampled(1))
    assert type(command) in pending
    assert pending.text
    assert pending.acknowledge(answer)
    assert type(command) not in pending
    assert pending.text == ""


def test_a_stop_is_under_way_until_the_very_end():
    pending = Pending()
    pending.send(Stop())
    for event in (state(RunState.STOPPED), checkpointed(1), notice("closing")):
        assert not pending.acknowledge(event)
    assert "final checkpoint" in pending.text
