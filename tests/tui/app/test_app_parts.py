"""The pure parts of the app: words, the view of a run, commands under way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import (
    STEPS_PER_SECOND,
    checkpointed,
    data_ready,
    evaluated,
    metrics,
    model_ready,
    notice,
    opening,
    sampled,
    state,
    training,
)
from vae_tui.core.config import Config
from vae_tui.core.protocol.commands import Checkpoint, Command, Pause, Resume, Rewind, Sample, SetKnobs, Stop, UseParams
from vae_tui.core.protocol.events import (
    CheckpointStarted,
    Ended,
    Evaluated,
    Event,
    KnobsChanged,
    NotFinite,
    ParamsSelected,
    Rewound,
    RunState,
)
from vae_tui.tui.control.pending import Pending
from vae_tui.tui.state.messages import log_lines
from vae_tui.tui.state.run_view import RunView
from vae_tui.tui.state.text import amount, duration, fitting, shorten, shorten_end


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


@given(st.lists(st.text("ab,", min_size=1, max_size=9), max_size=8).map(" ".join), st.integers(0, 40))
def test_a_text_is_shortened_at_a_word(text: str, width: int):
    short = shorten_end(text, width)
    assert len(short) <= width
    if len(text) <= width:
        assert short == text
    elif short:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


def test_a_text_keeps_whole_words():
    assert shorten_end("47.6% CPU, 0.0 kB/s, 2.1 fps", 22) == "47.6% CPU, 0.0 kB/s…"
    assert fitting(("EMA parameters", "EMA", ""), 13) == "EMA"


def test_the_best_evaluation_is_remembered():
    view = RunView(Config())
    first, worse = evaluated(700), evaluated(735, best=False)
    view.apply(first)
    view.apply(worse)
    assert (view.best, view.validation) == (first, worse)


def test_a_checkpoint_that_is_reported_late_does_not_turn_the_step_back():
    view = RunView(Config())
    for event in (metrics(1, 100), CheckpointStarted(step=100), metrics(101, 135)):
        view.apply(event)
    assert view.saving == 100
    view.apply(checkpointed(100))
    assert (view.step, view.saving, view.saved) == (135, None, checkpointed(100))


@given(st.integers(1, 4270))
def test_epochs_are_counted_from_one_to_their_number(step: int):
    view = RunView(Config())
    view.apply(model_ready())
    view.apply(metrics(step, step))
    epoch, epochs = view.epoch or (0, 0)
    assert epochs == 122
    assert epoch == min(step // 35 + 1, 122)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_speed_does_not_depend_on_how_steps_are_cut_into_chunks(chunks: list[int]):
    view = RunView(Config())
    view.apply(model_ready())
    step = 0
    for chunk in chunks:
        view.apply(metrics(step + 1, step + chunk))
        step += chunk
    assert math.isclose(view.steps_per_second or 0, STEPS_PER_SECOND, rel_tol=1e-9)
    assert math.isclose(view.seconds_left or 0, (4270 - step) / STEPS_PER_SECOND, rel_tol=1e-3)


def test_speed_follows_the_last_seconds_only():
    view = RunView(Config())
    for event in training(2800):
        view.apply(event)
    slow = metrics(2801, 2835)
    for number in range(8):
        view.apply(type(slow)(**{**vars(slow), "seconds": 1.0, "step": slow.step + number}))
    assert (view.steps_per_second or 0) < STEPS_PER_SECOND / 4


def knobs(learning_rate_scale: float, beta_scale: float, step: int = 1) -> KnobsChanged:
    return KnobsChanged(step=step, learning_rate_scale=learning_rate_scale, beta_scale=beta_scale)


ANSWERS: list[tuple[Command, Event]] = [
    (Pause(), state(RunState.PAUSED)),
    (Resume(), state(RunState.TRAINING)),
    (Checkpoint(), CheckpointStarted(step=1)),
    (Checkpoint(), checkpointed(1)),
    (Sample(3), sampled(1, requested=True, label=3)),
    (Sample(12), notice("this data set has no class 12")),
    (UseParams("raw"), ParamsSelected(step=1, source="raw")),
    (SetKnobs(learning_rate_scale=0.5), knobs(0.5, 1.0)),
    (SetKnobs(beta_scale=2.0), knobs(0.5, 2.0)),
    (SetKnobs(0.8, 1.25), knobs(0.800000011920929, 1.25)),
    (SetKnobs(beta_scale=2.0), state(RunState.FINISHED)),
    (Rewind(), Rewound(step=105, from_step=140)),
    (Rewind(), notice("there is no checkpoint before step 70 to go back to")),
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


def test_knobs_that_were_asked_for_one_by_one_are_answered_by_the_last_change():
    pending = Pending()
    for command in (SetKnobs(learning_rate_scale=0.8), SetKnobs(learning_rate_scale=0.64), SetKnobs(beta_scale=2.0)):
        pending.send(command)
    assert pending.knobs == SetKnobs(0.64, 2.0)
    assert pending.text == "setting learning rate x0.64, beta x2"
    assert pending.acknowledge(knobs(0.8, 1.0))
    assert pending.knobs == SetKnobs(0.64, 2.0)
    assert pending.acknowledge(knobs(0.64, 1.0))
    assert not pending.acknowledge(knobs(0.64, 1.0))
    assert pending.acknowledge(knobs(0.64, 2.0))
    assert pending.knobs == SetKnobs()


def view_of(*events: Event) -> RunView:
    view = RunView(Config())
    for event in events:
        view.apply(event)
    return view


def test_a_rewind_takes_back_what_came_after_and_leaves_the_knobs():
    test = Evaluated(step=350, split="test", loss=95.0, reconstruction=75.0, kl=20.0)
    events = (model_ready(), *training(350), knobs(0.5, 2.0, step=350), test, CheckpointStarted(step=350))
    view = view_of(*events, NotFinite(step=350, metrics=("loss",)))
    assert (view.step, view.rewind_step, view.saving) == (350, 315, 350)
    view.apply(Rewound(step=210, from_step=350))
    assert view.step == 210
    assert view.validation == view.best == evaluated(210)
    assert view.saved == checkpointed(210, best=True)
    assert view.rewind_step == 105
    assert (view.test, view.saving, view.not_finite) == (None, None, None)
    assert (view.learning_rate_scale, view.beta_scale) == (0.5, 2.0)


def test_the_best_evaluation_after_a_rewind_is_the_best_of_those_that_are_left():
    first, worse, best = evaluated(105), evaluated(140, best=False), evaluated(175)
    view = view_of(first, worse, best)
    assert view.best == best
    view.apply(Rewound(step=140, from_step=175))
    assert (view.best, view.validation) == (first, worse)


def test_the_rate_is_that_of_the_last_step_until_a_knob_is_turned():
    view = view_of(model_ready(), metrics(1, 2000))
    taken = view.learning_rate
    assert taken == metrics(1, 2000).learning_rate[-1]
    view.apply(knobs(0.5, 1.0, step=2000))
    assert math.isclose(view.learning_rate, taken / 2, rel_tol=1e-3)
    view.apply(Rewound(step=100, from_step=2000))
    assert math.isclose(view.learning_rate, 1e-3, rel_tol=1e-2)


def test_what_a_resumed_run_does_not_go_on_from_is_forgotten():
    view = view_of(*training(140), knobs(0.5, 1.0, step=50), knobs(0.25, 1.0, step=120))
    view.apply(model_ready(105))
    assert view.step == 105
    assert view.validation == evaluated(105)
    assert view.saved == checkpointed(105, best=True)
    assert view.learning_rate_scale == 0.5


def test_what_a_killed_trainer_had_under_way_is_over_when_the_next_one_begins():
    killed = (
        *opening(),
        *training(140),
        ParamsSelected(step=140, source="raw"),
        NotFinite(step=140, metrics=("loss",)),
    )
    view = view_of(*killed, CheckpointStarted(step=140), state(RunState.PAUSED, 140))
    assert (view.saving, view.source, view.not_finite is None) == (140, "raw", False)
    began = view.began
    view.apply(state(RunState.PREPARING))
    assert (view.saving, view.source, view.not_finite) == (None, "ema", None)
    assert view.steps_per_second is None, "the pause between the two is no training"
    assert view.seconds_left is None
    assert (view.step, view.began) == (140, began), "until the trainer knows where it goes on"
    for event in (data_ready(), state(RunState.COMPILING), model_ready(105), state(RunState.TRAINING, 105)):
        view.apply(event)
    assert (view.step, view.state) == (105, RunState.TRAINING)
    assert view.saved == checkpointed(105, best=True)


def test_a_checkpoint_of_the_present_step_is_nothing_to_go_back_to():
    view = view_of(model_ready(), *training(210))
    assert view.saved == checkpointed(210, best=True)
    assert view.rewind_step == 105


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (knobs(0.5, 1.0, step=1250), "learning rate x0.5 from step 1,251"),
        (knobs(1.0, 1.25, step=9), "beta x1.25 from step 10"),
        (knobs(0.8, 2.0, step=9), "learning rate x0.8, beta x2 from step 10"),
        (knobs(1.0, 1.0, step=9), "learning rate and beta as scheduled from step 10"),
        (model_ready(), "compiled in 1.8 s; training begins"),
        (model_ready(1250), "compiled in 1.8 s; training resumes at step 1,250, from its checkpoint"),
        (evaluated(1250), f"step 1,250: validation loss {evaluated(1250).loss:.2f} nats, best"),
        (checkpointed(1250, best=True), "saved checkpoint 1,250, best"),
        (Rewound(step=1155, from_step=1250), "went back from step 1,250 to step 1,155"),
        (NotFinite(step=1250, metrics=("loss",)), "loss not finite at step 1,251; that step was not taken"),
        (
            NotFinite(step=9, metrics=("kl", "grad_norm")),
            "KL and gradient norm not finite at step 10; that step was not taken",
        ),
    ],
)
def test_the_log_says_what_happened(event: Event, words: str):
    assert [line.text for line in log_lines(event)] == [words]
