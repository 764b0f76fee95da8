"""What a failure looks like, of the trainer, of its process and of the screen's own session."""

from __future__ import annotations

from pathlib import Path

from scripted import RUN_PATH, eventually, hidden, opening, running, state, text_of, training
from vae_tui.core.protocol.events import Failed, RunState
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.screens.failure_screen import FailureScreen

RUN = (*opening(), *training(105))


def shown(app: VaeTuiApp) -> str:
    assert isinstance(app.screen, FailureScreen)
    return "\n".join(str(widget.render()) for widget in app.screen.query("Static"))


async def test_a_failure_shows_why_and_how_to_go_on():
    failed = Failed(step=105, message="the loss is not finite", traceback="Traceback\n  deep down\nBoom: it broke\n")
    async with hidden(*RUN) as (pilot, app, session):
        session.post(failed)
        await pilot.pause()
        assert isinstance(app.screen, FailureScreen)
        shown = "\n".join(str(widget.render()) for widget in app.screen.query("Static"))
        for words in ("the loss is not finite", "Boom: it broke", str(RUN_PATH / "train.log"), f"--resume {RUN_PATH}"):
            assert words in shown
        await pilot.press("escape")
        assert text_of(app, "#state") == "● failed"
        await pilot.press("q")
    assert app.return_value == failed


async def test_a_mistake_in_the_input_is_shown_without_a_traceback():
    failed = Failed(step=0, message="there is no data set nonsense", traceback="Traceback\n  deep down\n", usage=True)
    async with hidden(state(RunState.PREPARING), failed) as (pilot, app, _):
        shown = "\n".join(str(widget.render()) for widget in app.screen.query("Static"))
        assert "there is no data set nonsense" in shown
        assert "deep down" not in shown
        await pilot.press("q")
    assert app.return_value == failed


async def test_a_session_that_dies_without_a_word_is_noticed():
    async with hidden(*RUN) as (pilot, app, session):
        session.is_over = True
        await eventually(pilot, lambda: isinstance(app.screen, FailureScreen))
        await pilot.press("q")
    assert isinstance(app.return_value, Failed)


async def test_a_process_that_had_no_last_word_is_shown_with_the_end_of_what_it_printed(tmp_path: Path):
    lines = [f"line {number}" for number in range(3000)]
    (tmp_path / "train.log").write_text("\n".join([*lines, "Fatal Python error: Aborted", ""]))
    failed = Failed(step=105, message="the training process ended unexpectedly", traceback="")
    async with running(*RUN, failed, run_path=tmp_path) as (pilot, app, _):
        for words in ("ended unexpectedly", "line 2999\nFatal Python error: Aborted", "--resume"):
            assert words in shown(app)
        assert "line 2980" not in shown(app)
        await pilot.press("q")
    assert app.return_value == failed
