"""A run that is over on the screen: what is refused before it, and what the keys do on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replayed import two_lives, write_log
from scripted import eventually, log_of, text_of
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import CheckpointError, RunError, UsageError
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import RunState
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.app.replay_app import ReplayApp
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.cli import replay as replaying
from vae_tui.tui.cli.replay import open_replay
from vae_tui.tui.cli.sample import open_studio
from vae_tui.tui.session.replay.replay_session import ReplaySession
from vae_tui.tui.studio.studio_state import Start
from vae_tui.tui.widgets.curve_panel import CurvePanel

Open = Callable[..., int]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as directory:
        write_log(directory, two_lives())
    return path


@pytest.fixture
def replay(run: Path) -> Open:
    def open_it(**arguments: Any) -> int:
        return open_replay(str(run), **{"speed": None, "checkpoint": "latest", "options": ScreenOptions(), **arguments})

    return open_it


def test_a_live_run_is_attached_to(run: Path, replay: Open) -> None:
    with RunDirectory.resume(run), pytest.raises(RunError, match=f"is being trained; `vae-tui attach {run}` shows it"):
        replay()


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_is_a_positive_number(replay: Open, speed: float) -> None:
    with pytest.raises(UsageError, match=f"--speed must be a number above 0, for instance 16; it is {speed:g}"):
        replay(speed=speed)


def test_without_a_terminal_there_is_nothing_to_see(replay: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    with pytest.raises(UsageError, match=r"is not a terminal, so a replay cannot be shown; `vae-tui export .*` writes"):
        replay()


def test_a_checkpoint_that_is_not_there_is_refused(
    run: Path, replay: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "why_no_screen", lambda: "")
    with pytest.raises(CheckpointError, match=r"there is no checkpoint 7 in .*checkpoints; there are: none"):
        replay(checkpoint="7")
    with pytest.raises(CheckpointError, match="has no checkpoints yet"):
        open_studio(str(run), checkpoint="latest", start=Start(), options=ScreenOptions())


def recorded_log(app: VaeTuiApp) -> list[str]:
    """The log without what the replay itself says, whenever it finds that out: that this run has no checkpoint."""
    return [entry for entry in log_of(app).splitlines() if "no samples can be drawn" not in entry]


async def test_the_keys_steer_the_playing(run: Path) -> None:
    session = ReplaySession(run)
    app = ReplayApp(session, run_path=run, config=Config())
    view = app.view

    def stands(state: RunState, detail: str) -> Callable[[], bool]:
        return lambda: (view.state, view.detail) == (state, detail) and not app.pending.text

    async with app.run_test(size=(120, 40)) as pilot:
        await eventually(pilot, stands(RunState.FINISHED, "space plays it x1"))
        assert (view.step, app.history.last_step) == (120, 120)
        app.catch_up()
        whole = recorded_log(app)
        assert sum("finished" in line for line in whole) == 1
        await pilot.press("less_than_sign", "less_than_sign")
        await eventually(pilot, stands(RunState.PAUSED, "replay x1"))
        await eventually(pilot, lambda: view.step == 80)
        app.catch_up()
        assert "finished" not in log_of(app), "what is told again is not there twice"
        await pilot.press("comma", "comma")
        await eventually(pilot, stands(RunState.PAUSED, "replay x0.25"))
        app.monitor.query_one(CurvePanel).cursor = 52
        await pilot.pause()
        await pilot.press("r")
        await eventually(pilot, lambda: view.step == 50 and not app.pending.text)
        await pilot.press("space")
        await eventually(pilot, stands(RunState.TRAINING, "replay x0.25"))
        await pilot.press("space")
        await eventually(pilot, stands(RunState.PAUSED, "replay x0.25"))
        app.catch_up()
        assert "replay x0.25" in text_of(app, "#aside")
        await pilot.press("c")  # there is nothing to save
        await pilot.press("greater_than_sign", *["full_stop"] * 12, "space")
        await eventually(pilot, lambda: view.state == RunState.FINISHED)
        assert app.history.last_step == 120
        app.catch_up()
        assert [entry for entry in recorded_log(app) if entry in whole] == whole
    session.send(Stop())
    assert session.join(60)
