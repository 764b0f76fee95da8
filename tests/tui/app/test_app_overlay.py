"""An earlier run behind the curves of the present one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from browsed import RUNS, read_library, write_runs
from panels import lines
from scripted import ScriptedSession, eventually, make_app, opening, settle, training
from textual.pilot import Pilot
from textual.widgets import OptionList
from vae_tui.core.run import delete_run
from vae_tui.tui.screens.earlier_run_screen import EarlierRunScreen, earlier_runs
from vae_tui.tui.widgets.curve_panel import CurvePanel

PRESENT, NEAREST = "2023-11-22-mnist5k-1", "2023-11-20-mnist5k-1"


@contextlib.asynccontextmanager
async def choosing(folder: Path) -> AsyncIterator[Pilot[Any]]:
    """Show a run that has others beside it, and open the list of them."""
    write_runs(folder)
    session = ScriptedSession((*opening(), *training(105)))
    app = make_app(session, run_path=folder / PRESENT)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot, session)
        await pilot.press("o")
        await eventually(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)
        yield pilot


async def test_o_asks_for_a_run_draws_it_and_removes_it(tmp_path: Path) -> None:
    write_runs(tmp_path)
    session = ScriptedSession((*opening(), *training(105)))
    app = make_app(session, run_path=tmp_path / PRESENT)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, session)
        panel = app.screen.query_one(CurvePanel)
        await pilot.press("o")
        assert isinstance(app.screen, EarlierRunScreen)
        await eventually(pilot, lambda: app.screen.query_one(OptionList).option_count == len(RUNS) - 1)
        await pilot.press("enter")
        await eventually(pilot, lambda: panel.earlier is not None)
        assert panel.earlier is not None
        assert panel.earlier.name == NEAREST
        assert f"┈ {NEAREST}" in "".join(map(chr, panel._cells.glyphs[0].tolist()))
        await pilot.press("o")
        assert panel.earlier is None


def test_runs_on_the_same_data_come_first_and_then_the_newest(tmp_path: Path) -> None:
    library = read_library(write_runs(tmp_path))
    names = [run.name for run in earlier_runs(library.runs.values(), PRESENT)]
    assert names == [NEAREST, *(name for name in reversed(RUNS) if name not in (PRESENT, NEAREST))]


async def test_a_key_between_the_reading_of_the_runs_and_the_next_frame_does_no_harm(tmp_path: Path) -> None:
    async with choosing(tmp_path) as pilot:
        app = pilot.app
        options = app.screen.query_one(OptionList)
        options.clear_options()
        await pilot.pause()
        options.add_option("a run")
        options.highlighted = 0
        for action in ("page_up", "page_down"):
            await app.run_action(action, options)
        assert options.highlighted == 0


async def test_a_run_that_is_gone_is_told(tmp_path: Path) -> None:
    async with choosing(tmp_path) as pilot:
        app = pilot.app
        delete_run(tmp_path / NEAREST)
        await pilot.press("enter")
        await eventually(pilot, lambda: not isinstance(app.screen, EarlierRunScreen))
        assert any("is not a run" in notification.message for notification in app._notifications)


async def test_a_run_without_others_is_told_so(tmp_path: Path) -> None:
    session = ScriptedSession((*opening(), *training(105)))
    app = make_app(session, run_path=tmp_path / PRESENT)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot, session)
        await pilot.press("o")
        await eventually(pilot, lambda: "there is no other run here · esc closes" in "\n".join(lines(app)))
        assert "draw an earlier run behind" in "\n".join(lines(app))
