"""A run that was resumed: what the panels show of all its lives."""

from __future__ import annotations

import dataclasses

from scripted import (
    checkpointed,
    data_ready,
    evaluated,
    hidden,
    log_of,
    metrics,
    model_ready,
    opening,
    state,
    text_of,
    training,
)
from vae_tui.core.protocol.events import CheckpointStarted, Event, KnobsChanged, Rewound, RunState

RESUMED = (state(RunState.PREPARING), data_ready(), state(RunState.COMPILING))


def long_ago(*events: Event) -> tuple[Event, ...]:
    """Events of before the app began."""
    return tuple(dataclasses.replace(event, time=event.time - 4e9) for event in events)


async def test_a_resumed_run_is_shown_from_its_first_step():
    first = long_ago(*opening(), *training(105), checkpointed(105), metrics(106, 120), CheckpointStarted(step=120))
    second = (*RESUMED, model_ready(105), state(RunState.TRAINING, 105), metrics(106, 140))
    async with hidden(*first, *second) as (_, app, _session):
        assert (app.history.first_step, app.history.last_step) == (1, 140)
        assert f"{evaluated(105).loss:.2f}" in text_of(app, "#validation")
        assert "step 105" in text_of(app, "#saved")
        assert "140 of 4,270" in text_of(app, "#step")
        assert log_of(app).count("; training ") == 2, "the log has both lives"


async def test_a_run_that_is_being_resumed_shows_where_it_stood():
    first = long_ago(*opening(), *training(140))
    async with hidden(*first, state(RunState.PREPARING)) as (_, app, _session):
        assert text_of(app, "#state") == "● preparing data"
        assert "140 of 4,270" in text_of(app, "#step")
        assert f"{evaluated(140).loss:.2f}" in text_of(app, "#validation")


async def test_a_rewind_of_the_past_is_taken_back_when_a_run_is_resumed():
    first = long_ago(
        *opening(),
        *training(210),
        KnobsChanged(step=210, learning_rate_scale=0.5, beta_scale=1.0),
        Rewound(step=105, from_step=210),
        KnobsChanged(step=105, learning_rate_scale=0.5, beta_scale=1.0),
        *training(140, 106),
    )
    async with hidden(*first, *RESUMED, model_ready(140), state(RunState.TRAINING, 140)) as (_, app, _session):
        assert app.history.last_step == 140
        assert [found.step for found in app.history.evaluations()] == [35, 70, 105, 140]
        assert "step 105" in text_of(app, "#saved")
        assert f"{evaluated(140).loss:.2f}" in text_of(app, "#validation")
        assert "x0.5 of schedule" in text_of(app, "#rate")
