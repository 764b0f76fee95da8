"""The browser of runs: its filter, its order, and what its keys do to runs."""

from pathlib import Path

import pytest
from browsed import CRASHED, RUNS, read_library, write_runs
from compared import append, trained_steps
from textual.pilot import Pilot
from textual.widgets import Input
from vae_tui.core.library import RunLibrary
from vae_tui.core.protocol.events import RunState, StateChanged
from vae_tui.core.run import read_labels, run_paths
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.app.browse_app import BrowseApp
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.screens.help_screen import HelpScreen
from vae_tui.tui.screens.line_screen import LineScreen

TRAINING = StateChanged(step=0, state=RunState.TRAINING)

OLDEST, NEWEST = next(iter(RUNS)), next(reversed(RUNS))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_runs(tmp_path)


def app_of(folder: Path, **options) -> BrowseApp:
    return BrowseApp(read_library(folder), ScreenOptions(**options))


def lines(app: BrowseApp) -> list[str]:
    """The lines of the screen."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def notices(app: BrowseApp) -> str:
    """What the user was told, as one text."""
    return "\n".join(notification.message for notification in app._notifications)


def order(app: BrowseApp) -> list[str]:
    """The names of the shown runs, from top to bottom."""
    return [run.name for run in app._browse._shown]


async def keys(pilot: Pilot, *pressed: str) -> None:
    await pilot.pause()
    for key in pressed:
        await pilot.press(key)
    await pilot.pause()


async def test_every_size_has_names_states_and_whole_columns(folder: Path) -> None:
    app = app_of(folder, ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await keys(pilot, "end")
        for width, height in ((40, 8), (60, 18), (80, 24), (120, 40), (200, 50)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            shown = lines(app)
            assert all(len(line) == width for line in shown)
            line = next(line for line in shown if OLDEST in line)
            assert line.lstrip(" |").startswith("> ")
            assert ("finished" in line, "88.0" in line or "90.00" in line) == (True, width > 40)
            header = next(line for line in shown if " run " in line)
            words = set(header.replace("^", "").split())
            assert {"run", "state", "age"} <= words
            assert ("best" in words, "tags" in words) == (width > 40, width > 100)


async def test_filter_as_one_types(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await keys(pilot, "slash", *"data=mnist loss<9")
        assert app.screen.query_one(Input).value == "data=mnist loss<9"
        assert order(app) == []
        await keys(pilot, "1")
        assert order(app) == [NEWEST, OLDEST]
        await keys(pilot, *" tog:good")
        assert order(app) == [NEWEST, OLDEST]
        assert "there is no field tog; did you mean tag" in "\n".join(lines(app))
        await keys(pilot, "enter", "down")
        assert app._browse.browsing.selected == OLDEST
        assert app._browse.browsing.filter_text.endswith("tog:good")
        await keys(pilot, "escape")
        assert len(order(app)) == len(RUNS)
        assert not app.screen.query_one("#filter").display


async def test_keys_right_after_the_slash_are_for_the_filter(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("slash", "r", "slash", "q", "D")
        await pilot.pause()
        assert app.screen.query_one(Input).value == "r/qD"
        assert app.is_running


async def test_sorting_shows_its_direction_and_keeps_the_selected_run(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert order(app) == [*reversed(RUNS)]
        await keys(pilot, "s", "s", "s", "s", "s")
        assert order(app)[:2] == [NEWEST, OLDEST]
        assert order(app)[-1] == CRASHED
        assert "best▲" in "\n".join(lines(app))
        await keys(pilot, "S")
        assert order(app)[0] == CRASHED
        assert "best▼" in "\n".join(lines(app))
        assert app._browse.browsing.selected == NEWEST


async def test_marked_runs_are_compared_and_the_state_is_kept(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await keys(pilot, "c", "space", "down", "space", "c")
    wanted = app.return_value
    assert wanted is not None
    assert (wanted.action, wanted.runs) == ("compare", (NEWEST, "2023-11-20-mnist5k-1"))
    again = BrowseApp(read_library(folder), ScreenOptions(), wanted.browsing, "a notice")
    async with again.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert again._browse.browsing == wanted.browsing
        assert "2 marked" in "\n".join(lines(again))
        assert "a notice" in notices(again)


async def test_enter_replays_or_attaches_and_r_resumes_only_what_can_be_resumed(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await keys(pilot, "r")
        assert "has no checkpoint" in notices(app)
        (folder / NEWEST / "checkpoints" / "2000").mkdir(parents=True)
        await keys(pilot, "r")
        assert isinstance(app.screen, LineScreen)
        await keys(pilot, *["backspace"] * 4, *"2000", "enter")
        assert isinstance(app.screen, LineScreen), "the run has reached that step"
        await keys(pilot, "0", "enter")
    assert app.return_value is not None
    assert app.return_value[0::2] == ("resume", (NEWEST,))
    assert app.return_value.steps == 20_000
    with RunDirectory.resume(folder / NEWEST) as run:
        append(run, TRAINING)
        for number, action in ((0, "attach"), (1, "replay")):
            app = app_of(folder)
            async with app.run_test(size=(80, 24)) as pilot:
                await keys(pilot, *["down"] * number, "enter")
            assert app.return_value is not None
            assert (app.return_value.action, app.return_value.runs) == (action, ([*reversed(RUNS)][number],))


async def test_notes_and_tags(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await keys(pilot, "n", *"slow", "enter", "t", *" [b] a,b", "enter")
        assert isinstance(app.screen, LineScreen)
        assert "'a,b' is no tag" in "\n".join(lines(app))
        await keys(pilot, *["backspace"] * 2, "enter")
        assert read_labels(folder / NEWEST).tags == ("[b]", "a", "good")
        assert read_labels(folder / NEWEST).note == "slow"
        text = "\n".join(lines(app))
        assert "[b] a good" in text
        assert "slow · mnist" in text


async def test_deletion_asks_and_can_be_undone(folder: Path) -> None:
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await keys(pilot, "D")
        assert "0 checkpoints" in "\n".join(lines(app))
        await keys(pilot, "enter")
        assert len(run_paths(folder)) == len(RUNS)
        await keys(pilot, "D", "y")
        assert NEWEST not in [path.name for path in run_paths(folder)]
        assert order(app)[0] == app._browse.browsing.selected == "2023-11-22-mnist5k-1"
        await keys(pilot, "u")
        assert order(app)[0] == app._browse.browsing.selected == NEWEST
        await keys(pilot, "u")
        assert "the trash of" in notices(app)
        with RunDirectory.resume(folder / NEWEST) as run:
            append(run, TRAINING, *trained_steps(50))
            await app._read_changed()
            await keys(pilot, "D")
            assert "is live; stop it first" in notices(app)


async def test_runs_are_read_while_the_browser_is_open_and_kept_for_the_next_time(folder: Path) -> None:
    app = BrowseApp(RunLibrary(folder), ScreenOptions())
    async with app.run_test(size=(120, 40)) as pilot:
        await app._read_changed()
        await pilot.pause()
        assert order(app) == [*reversed(RUNS)]
        with RunDirectory.resume(folder / OLDEST) as run:
            append(run, TRAINING, *trained_steps(50))
            await app._read_changed()
            await pilot.pause()
            assert any(OLDEST in line and "training" in line and " 50 " in line for line in lines(app))
        await keys(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
    assert len(RunLibrary(folder).runs) == len(RUNS)


async def test_the_selected_run_is_copied_by_the_users_key(folder: Path) -> None:
    app = app_of(folder, keymap={"copy": "ctrl+y"})
    async with app.run_test(size=(200, 24)) as pilot:
        await keys(pilot, "down", "ctrl+y", "p")
        assert app.clipboard == f"vae-tui replay {folder / '2023-11-22-mnist5k-1'}"
        assert "ctrl+y copy" in lines(app)[-1]


async def test_a_folder_without_runs(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    async with app.run_test(size=(60, 18)) as pilot:
        await keys(pilot, "enter", "D", "r", "s", "down")
        assert "There are no runs here" in "\n".join(lines(app))


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_every_key_that_leaves_says_so(folder: Path, key: str) -> None:
    """Without an answer, the command would take it for a signal."""
    app = app_of(folder)
    async with app.run_test() as pilot:
        await keys(pilot, key)
    assert app.return_value is not None
    assert app.return_value.action == "leave"
