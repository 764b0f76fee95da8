"""Each key sends its command, and the screen shows what events acknowledge."""

from __future__ import annotations

from scripted import (
    checkpointed,
    eventually,
    notice,
    opening,
    running,
    sampled,
    settle,
    state,
    text_of,
    training,
)
from textual.command import CommandList, CommandPalette
from vae_tui.core.commands import Checkpoint, Pause, Resume, Sample, UseParams
from vae_tui.core.events import CheckpointStarted, Ended, ParamsSelected, RunState
from vae_tui.tui.bindings import ACTIONS
from vae_tui.tui.screens.help import HelpScreen
from vae_tui.tui.screens.leave import LeaveScreen
from vae_tui.tui.widgets.curves import CurvePanel
from vae_tui.tui.widgets.digits import DigitsPanel

RUN = (*opening(), *training(105))


async def test_keys_send_their_commands():
    async with running(*RUN) as (pilot, _, session):
        await pilot.press("space", "c", "s", *"0123456789", "e")
        samples = [Sample(label) for label in range(10)]
        assert session.commands == [Pause(), Checkpoint(), Sample(), *samples, UseParams("raw")]


async def test_pause_is_shown_when_it_is_acknowledged_and_not_before():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("space")
        assert (text_of(app, "#state"), text_of(app, "#aside")) == ("● training", "pausing…")
        session.post(state(RunState.PAUSED, 110))
        await pilot.pause()
        assert text_of(app, "#state") == "● paused"
        assert "…" not in text_of(app, "#aside")
        await pilot.press("space")
        assert session.commands == [Pause(), Resume()]
        assert (text_of(app, "#state"), text_of(app, "#aside")) == ("● paused", "resuming…")
        session.post(state(RunState.TRAINING, 110))
        await pilot.pause()
        assert text_of(app, "#state") == "● training"
        assert "…" not in text_of(app, "#aside")


async def test_space_twice_takes_the_pause_back():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("space", "space")
        assert session.commands == [Pause(), Resume()]
        session.post(state(RunState.PAUSED, 110))
        await pilot.pause()
        assert text_of(app, "#aside") == "resuming…"


async def test_pausing_a_finished_run_says_so_and_sends_nothing():
    async with running(*RUN, state(RunState.FINISHED, 4270)) as (pilot, app, session):
        await pilot.press("space")
        assert session.commands == []
        assert [toast.message for toast in app._notifications] == ["Training is finished; there is nothing to pause."]


async def test_checkpoint_is_shown_as_started_then_as_saved():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("c")
        assert text_of(app, "#aside") == "starting a checkpoint…"
        session.post(CheckpointStarted(step=112, requested=True))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "writing 112…" in text_of(app, "#saved")
        assert "saving 112" in text_of(app, "LogPanel > Static")
        session.post(checkpointed(112))
        await settle(pilot)
        assert "step 112" in text_of(app, "#saved")


async def test_a_sample_of_one_class_is_acknowledged_in_the_log():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("7")
        assert text_of(app, "#aside") == "drawing new digits…"
        session.post(sampled(106, requested=True, label=7))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "new digits: class 7" in text_of(app, "LogPanel > Static")


async def test_a_class_that_the_data_set_does_not_have_is_a_calm_notice():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("9")
        session.post(notice("this data set has no class 9", 106))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "this data set has no class 9" in text_of(app, "LogPanel > Static")
        assert app.screen is app.monitor


async def test_parameters_change_when_they_are_acknowledged():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("e")
        assert "EMA" in text_of(app, "#source")
        session.post(ParamsSelected(step=106, source="raw"))
        await pilot.pause()
        assert "raw" in text_of(app, "#source")
        await pilot.press("e")
        assert session.commands == [UseParams("raw"), UseParams("ema")]


async def test_screen_keys_change_the_screen_and_send_nothing():
    async with running(*RUN) as (pilot, app, session):
        curve, digits = app.monitor.query_one(CurvePanel), app.monitor.query_one(DigitsPanel)
        metrics, style = [curve.metric], digits.picture_style
        for _ in range(4):
            await pilot.press("m")
            metrics.append(curve.metric)
        assert metrics == ["loss", "reconstruction", "kl", "grad_norm", "loss"]
        scale = curve.log_scale
        await pilot.press("l")
        assert curve.log_scale is not scale
        await pilot.press("v")
        assert digits.picture_style != style
        assert session.commands == []


async def test_help_lists_every_key_and_closes():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = str(app.screen.query_one("Static").render())
        for action in ACTIONS:
            if action.label or not action.id.startswith("sample_"):
                assert (action.key_display or action.key) in shown
        await pilot.press("c")
        assert session.commands == []
        await pilot.press("escape")
        assert app.screen is app.monitor


async def test_the_command_palette_has_every_action():
    async with running(*RUN) as (pilot, app, session):
        titles = {command.title: command for command in app.get_system_commands(app.screen)}
        assert set(titles) >= {action.title for action in ACTIONS} | {"Theme"}
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"checkpoint")
        await eventually(pilot, lambda: app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert session.commands == [Checkpoint()]


async def test_ctrl_c_asks_even_over_the_help():
    async with running(*RUN) as (pilot, app, _):
        await pilot.press("question_mark", "ctrl+c")
        assert isinstance(app.screen, LeaveScreen)


async def test_after_the_end_no_commands_are_sent():
    async with running(*RUN) as (pilot, app, session):
        app.view.apply(Ended(step=105, reason="stopped"))
        await pilot.press("space", "c", "s", "3", "e")
        assert session.commands == []


def test_actions_have_their_own_keys_and_names():
    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert len({action.title for action in ACTIONS}) == len(ACTIONS)
