"""What a screen may ask of a run."""

from __future__ import annotations

from pathlib import Path

from scripted import at, hidden, opening, running, state, text_of, training
from textual.widgets import Static
from vae_tui.core.protocol.commands import Checkpoint, Generate, Pause, Sample, SetKnobs, UseParams
from vae_tui.core.protocol.events import NotFinite, RunState
from vae_tui.tui.session.session import READER, VIEWER

RUN = (*opening(), *training(105))


async def test_a_key_that_a_reader_may_not_use_says_why_and_sends_nothing():
    async with hidden(*RUN, role=READER) as (pilot, app, session):
        await pilot.press("c")
        assert [toast.message for toast in app._notifications] == [
            "This screen is read-only. To change the run, attach without --readonly or serve with --control."
        ]
        await pilot.press("space", "s", "3", "e", "r", "comma")
        assert str(app.monitor.query_one("StatusPanel").border_title) == "status · read-only"
    assert session.commands == []


async def test_a_reader_explores_and_writes_nothing(tmp_path: Path):
    async with running(*RUN, role=READER, run_path=tmp_path) as (pilot, app, session):
        await pilot.press("g", "right", "w")
        await pilot.pause()
        assert "read-only" in str(app.screen.query_one("#message", Static).content)
    assert session.commands
    assert all(isinstance(command, Generate) for command in session.commands)
    assert not list(tmp_path.iterdir())


async def test_a_viewer_steers_as_the_owner_does():
    async with hidden(*RUN, role=VIEWER) as (pilot, app, session):
        assert str(app.monitor.query_one("StatusPanel").border_title) == "status · attached"
        await pilot.press("space", "c", "3", "e", "comma")
    assert session.commands == [Pause(), Checkpoint(), Sample(3), UseParams("raw"), SetKnobs(learning_rate_scale=0.8)]


async def test_who_cannot_steer_is_not_told_of_keys_that_would_help():
    wrong = NotFinite(step=105, time=at(105), metrics=("loss",))
    async with hidden(*RUN, wrong, state(RunState.PAUSED, 105, "not finite"), role=READER) as (_, app, _session):
        assert text_of(app, "#trouble") == "loss not finite at step 106"
        (toast,) = app._notifications
        assert toast.message == "Training is paused. Attach without --readonly to resume it."
