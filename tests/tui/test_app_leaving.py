"""The ways out of the app."""

from __future__ import annotations

from scripted import checkpointed, opening, running, state, text_of, training
from vae_tui.core.commands import Stop
from vae_tui.core.events import Ended, Failed, RunState
from vae_tui.tui.screens.failure import FailureScreen
from vae_tui.tui.screens.leave import LeaveScreen

RUN = (*opening(), *training(105))
ENDED = Ended(step=110, reason="stopped", checkpoint="checkpoints/110")


async def test_q_stops_with_a_checkpoint_and_leaves_when_the_session_has_ended():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("q", "q")
        assert session.commands == [Stop(checkpoint=True)]
        assert text_of(app, "#aside") == "stopping: writing the final checkpoint…"
        assert app.return_value is None
        session.post(state(RunState.STOPPED, 110), ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


async def test_q_leaves_a_finished_run():
    async with running(*RUN, state(RunState.FINISHED, 4270)) as (pilot, app, session):
        await pilot.press("q")
        assert session.commands == [Stop(checkpoint=True)]
        session.post(ended := Ended(step=4270, reason="finished"))
        await pilot.pause()
    assert app.return_value == ended


async def test_ctrl_c_asks_and_escape_stays():
    async with running(*RUN, checkpointed(100)) as (pilot, app, session):
        await pilot.press("ctrl+c")
        assert isinstance(app.screen, LeaveScreen)
        assert "lose the 5 steps since the checkpoint of step 100" in str(app.screen.query_one("Static").render())
        await pilot.press("escape")
        assert app.screen is app.monitor
        assert session.commands == []
        assert app.is_running


async def test_ctrl_c_twice_leaves_at_once():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+c", "ctrl+c")
        await pilot.pause()
    assert app.return_value is None
    assert app._exit
    assert session.commands == []


async def test_ctrl_c_then_q_stops_properly():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+c", "q")
        await pilot.pause()
        assert app.screen is app.monitor
        assert session.commands == [Stop(checkpoint=True)]
        session.post(ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


async def test_a_stop_that_hangs_can_be_left_at_once():
    async with running(*RUN) as (pilot, app, _):
        await pilot.press("q", "ctrl+c", "ctrl+c")
        await pilot.pause()
    assert app.return_value is None


async def test_a_stop_that_fails_is_shown():
    failed = Failed(step=110, message="no space left on the device", traceback="")
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("q")
        session.post(failed)
        await pilot.pause()
        assert isinstance(app.screen, FailureScreen)
        await pilot.press("q")
    assert app.return_value == failed


async def test_ctrl_q_is_the_same_as_q():
    async with running(*RUN) as (pilot, _, session):
        await pilot.press("ctrl+q")
        assert session.commands == [Stop(checkpoint=True)]
