"""The ways out of the app."""

from __future__ import annotations

import signal
import threading

import pytest
from scripted import (
    ScriptedSession,
    checkpointed,
    eventually,
    hidden,
    make_app,
    opening,
    state,
    text_of,
    training,
)
from vae_tui.core.protocol.commands import Checkpoint, Stop
from vae_tui.core.protocol.events import Ended, Failed, RunState
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.process.signals import ASK_TO_STOP
from vae_tui.tui.screens.failure_screen import FailureScreen
from vae_tui.tui.screens.leave_screen import LeaveScreen
from vae_tui.tui.session.session import OWNER, READER, RECORDING, VIEWER, Detached, HungUp, Role

RUN = (*opening(), *training(105))
FINISHED = state(RunState.FINISHED, 4270)
ENDED = Ended(step=110, reason="stopped", checkpoint="checkpoints/110")
LEFT = [(VIEWER, Detached()), (READER, Detached()), (RECORDING, None)]
"""The roles of screens that did not start the run, and what the app returns when they are left."""


async def test_q_asks_then_stops_with_a_checkpoint_and_leaves_when_the_session_has_ended():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("q", "q")
        assert isinstance(app.screen, LeaveScreen)
        assert "y  stop at step 105 of 4,270 with a checkpoint" in str(app.screen.query_one("Static").render())
        assert session.commands == [], "a second press of the key is no answer"
        await pilot.press("y", "q")
        assert session.commands == [Stop(checkpoint=True)]
        assert text_of(app, "#aside") == "stopping: writing the final checkpoint…"
        assert app.return_value is None
        session.post(state(RunState.STOPPED, 110), ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


@pytest.mark.parametrize("key", ["q", "d", "ctrl+c"])
async def test_the_owner_of_a_finished_run_ends_it_by_leaving(key: str):
    async with hidden(*RUN, FINISHED) as (pilot, app, session):
        await pilot.press(key)
        assert session.commands == [Stop(checkpoint=True)]
        session.post(ended := Ended(step=4270, reason="finished"))
        await pilot.pause()
    assert app.return_value == ended


async def test_ctrl_c_asks_and_escape_stays():
    async with hidden(*RUN, checkpointed(100)) as (pilot, app, session):
        await pilot.press("ctrl+c")
        assert isinstance(app.screen, LeaveScreen)
        assert "lose 5 steps since step 100" in str(app.screen.query_one("Static").render())
        await pilot.press("escape")
        assert app.screen is app.monitor
        assert session.commands == []
        assert app.is_running


async def test_ctrl_c_twice_leaves_at_once():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+c", "ctrl+c")
        await pilot.pause()
    assert app.return_value is None
    assert app._exit
    assert session.commands == [Stop(checkpoint=False)]


@pytest.mark.parametrize("answer", ["y", "enter"])
async def test_ctrl_c_and_an_answer_stop_properly(answer: str):
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+c", answer)
        await pilot.pause()
        assert app.screen is app.monitor
        assert session.commands == [Stop(checkpoint=True)]
        session.post(ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


async def test_a_stop_that_hangs_can_be_left_at_once():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("q", "y", "ctrl+c", "ctrl+c")
        await pilot.pause()
    assert app.return_value is None
    assert session.commands == [Stop(checkpoint=True), Stop(checkpoint=False)]


async def test_a_stop_that_fails_is_shown():
    failed = Failed(step=110, message="no space left on the device", traceback="")
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("q", "y")
        session.post(failed)
        await pilot.pause()
        assert isinstance(app.screen, FailureScreen)
        await pilot.press("q")
    assert app.return_value == failed


async def test_ctrl_q_is_the_same_as_q():
    async with hidden(*RUN) as (pilot, _, session):
        await pilot.press("ctrl+q", "ctrl+q", "y")
        assert session.commands == [Stop(checkpoint=True)]
    async with hidden(*RUN, role=READER) as (pilot, app, session):
        await pilot.press("ctrl+q")
        await pilot.pause()
    assert app.return_value == Detached()


# -- detaching


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        (OWNER, ("d",)),
        (OWNER, ("question_mark", "ctrl+c", "d")),
        (VIEWER, ("d",)),
        (VIEWER, ("q", "d")),
        (READER, ("d",)),
    ],
)
async def test_d_leaves_and_tells_the_run_nothing(role: Role, keys: tuple[str, ...]):
    async with hidden(*RUN, role=role) as (pilot, app, session):
        await pilot.press(*keys)
        await pilot.pause()
    assert app.return_value == Detached()
    assert session.commands == []


async def test_a_recording_cannot_be_detached_from():
    async with hidden(*RUN, role=RECORDING) as (pilot, app, session):
        await pilot.press("d")
        await pilot.pause()
        assert app.is_running
        assert [toast.message for toast in app._notifications] == [RECORDING.limits]
        assert session.commands == []


async def test_a_viewer_is_asked_and_enter_detaches():
    async with hidden(*RUN, role=VIEWER) as (pilot, app, session):
        await pilot.press("q")
        assert isinstance(app.screen, LeaveScreen)
        words = str(app.screen.query_one("Static").render())
        assert words.split()[:2] == ["d", "detach:"]
        await pilot.press("ctrl+q")
        assert app.screen_stack == [app.monitor, app.screen], "it is asked once"
        await pilot.press("escape")
        assert app.screen is app.monitor
        await pilot.press("q", "enter")
        await pilot.pause()
    assert app.return_value == Detached()
    assert session.commands == []


async def test_a_viewer_can_stop_the_run():
    async with hidden(*RUN, role=VIEWER) as (pilot, app, session):
        await pilot.press("q", "q")
        assert session.commands == []
        await pilot.press("y")
        assert session.commands == [Stop(checkpoint=True)]
        session.post(ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("d",)])
async def test_a_viewer_just_leaves_what_is_finished(keys: tuple[str, ...]):
    async with hidden(*RUN, FINISHED, role=VIEWER) as (pilot, app, session):
        await pilot.press(*keys)
        await pilot.pause()
    assert app.return_value == Detached()
    assert session.commands == []


@pytest.mark.parametrize(("role", "returned"), LEFT[1:])
@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_who_can_stop_nothing_is_asked_nothing(role: Role, returned: Detached | None, key: str):
    async with hidden(*RUN, role=role) as (pilot, app, session):
        await pilot.press(key)
        await pilot.pause()
    assert app._exit
    assert app.return_value == returned
    assert session.commands == []


@pytest.mark.parametrize(("key", "role"), [("q", OWNER), ("d", OWNER), ("ctrl+c", OWNER), ("q", VIEWER), ("d", VIEWER)])
async def test_a_run_that_has_failed_is_left_with_its_failure(key: str, role: Role):
    failed = Failed(step=105, message="it broke", traceback="")
    async with hidden(*RUN, failed, role=role) as (pilot, app, session):
        await pilot.press("escape", key)
        await pilot.pause()
    assert app.return_value == failed
    assert session.commands == []


# -- signals


def tell(app: VaeTuiApp, number: signal.Signals) -> None:
    """Hand a signal to the app as a process does: from a thread of its own."""
    thread = threading.Thread(target=app.handle_signal, args=(number,))
    thread.start()
    thread.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, ASK_TO_STOP])
async def test_a_signal_stops_the_owners_run_and_the_app_follows_it(number: signal.Signals):
    async with hidden(*RUN) as (pilot, app, session):
        for _ in range(2):
            tell(app, number)
            await eventually(pilot, lambda: session.commands == [Stop(checkpoint=True)])
        assert text_of(app, "#aside") == "stopping: writing the final checkpoint…"
        await pilot.pause()
        assert app.is_running
        assert session.commands == [Stop(checkpoint=True)], "insisting is no matter of the app"
        session.post(ENDED)
        await pilot.pause()
    assert app.return_value == ENDED


@pytest.mark.parametrize(("role", "returned"), LEFT)
async def test_a_signal_ends_another_screen_only(role: Role, returned: Detached | None):
    async with hidden(*RUN, role=role) as (pilot, app, session):
        tell(app, signal.SIGTERM)
        await eventually(pilot, lambda: app._exit)
    assert session.commands == []
    assert app.return_value == returned


@pytest.mark.parametrize("last", [ENDED, Failed(step=105, message="it broke", traceback="")])
async def test_a_signal_leaves_a_run_that_is_over(last: Ended | Failed):
    async with hidden(*RUN) as (pilot, app, session):
        session.post(last)
        await pilot.pause()
        tell(app, signal.SIGTERM)
        await eventually(pilot, lambda: app._exit)
    assert session.commands == []
    assert app.return_value == last


@pytest.mark.parametrize("role", [OWNER, VIEWER, READER, RECORDING])
async def test_a_terminal_that_is_gone_closes_the_app_and_tells_the_run_nothing(role: Role):
    async with hidden(*RUN, role=role) as (pilot, app, session):
        tell(app, signal.SIGHUP)
        await eventually(pilot, lambda: app._exit)
    assert session.commands == []
    assert app.return_value == HungUp()


@pytest.mark.parametrize(
    ("role", "number", "returned"), [(OWNER, signal.SIGHUP, HungUp()), (VIEWER, signal.SIGTERM, Detached())]
)
async def test_a_signal_that_comes_before_the_app_runs_is_obeyed(
    role: Role, number: signal.Signals, returned: HungUp | Detached
):
    app = make_app(ScriptedSession(RUN, role))
    tell(app, number)
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: app._exit)
    assert app.return_value == returned
    assert app.return_code == 0


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGCONT])
async def test_without_a_terminal_the_app_is_not_suspended(number: signal.Signals):
    async with hidden(*RUN) as (pilot, app, session):
        tell(app, number)
        await pilot.pause()
        await pilot.press("c")
        assert session.commands == [Checkpoint()]
        assert app.is_running
