"""The comparison on a screen: its keys, its cursor, and runs that grow."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compared import append, metrics, ready, trained_steps
from compared_runs import VARIANTS, sampled, write_variants
from textual.geometry import Region
from vae_tui.core.comparison import ComparedRun, read_runs
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.run import PictureArchive
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.app.compare_app import CompareApp
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.render.cells import COLORED
from vae_tui.tui.screens.help_screen import HelpScreen
from vae_tui.tui.widgets.differences_panel import DifferencesPanel
from vae_tui.tui.widgets.overlay_panel import OverlayPanel
from vae_tui.tui.widgets.run_images_panel import RunImagesPanel

SIZES = [(60, 18), (80, 24), (100, 30), (120, 40), (200, 60)]


def screen_text(app: CompareApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with eight runs, for tests that do not change them."""
    folder = tmp_path_factory.mktemp("runs")
    write_variants(folder, 8)
    return folder


def app_of(folder: Path, number: int, **options) -> CompareApp:
    return CompareApp(read_runs(list(VARIANTS)[:number], folder), ScreenOptions(**options))


async def test_all_runs_are_in_every_panel_at_every_size(eight):
    app = app_of(eight, 8)
    async with app.run_test(size=SIZES[0]) as pilot:
        panels = [app.screen.query_one(kind) for kind in (DifferencesPanel, OverlayPanel, RunImagesPanel)]
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            for panel in panels:
                assert Region(0, 0, *size).contains_region(panel.region)
                text = "\n".join("".join(map(chr, row)) for row in panel._cells.glyphs.tolist())
                assert all(letter in text for letter in "ABCDEFGH") or "the samples need more" in text


async def test_differences_and_marks(eight):
    app = app_of(eight, 4)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "A defaults" in text
        assert "B low-rate" in text
        assert "C≠ gaussian" in text
        assert "D≈ beta-2" in text
        assert "≠ model.likelihood" in text
        assert "are equal" in text
        assert "partly: other beta" in text


async def test_one_cursor_reads_out_curves_and_images_on_every_axis(eight):
    app = app_of(eight, 2)
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.screen.query_one(OverlayPanel)
        panel.cursor = 200
        await pilot.pause()
        assert "step 200" in screen_text(app)
        assert screen_text(app).count("step 150") == 2  # the images drawn last before
        await pilot.press("t")
        assert (panel.axis, panel.cursor) == ("epoch", 40_000)
        await pilot.press("t")
        await pilot.pause()
        assert (panel.axis, panel.cursor) == ("time", 2000)
        await pilot.press("home")
        assert "step 0" in screen_text(app)
        await pilot.press("escape")
        assert panel.cursor is None


async def test_images_in_color_are_drawn_in_color(eight, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    red = np.zeros((2, 3, 12, 16, 3), np.uint8)
    red[..., 0] = 200
    monkeypatch.setattr(PictureArchive, "at", lambda self, step: replace(sampled(0), images=red))
    app = app_of(eight, 2)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        styles = app.screen.query_one(RunImagesPanel)._cells.styles
        assert (styles >= COLORED).any()
        await pilot.press("1")
        await pilot.pause()
        assert (app.screen.query_one(RunImagesPanel)._cells.styles >= COLORED).any()


async def test_keys_of_the_curves(eight):
    app = app_of(eight, 3)
    async with app.run_test(size=(120, 40)) as pilot:
        panel = app.screen.query_one(OverlayPanel)
        await pilot.press("left", "shift+left", "plus", "plus")
        assert panel.cursor is not None
        assert not panel.viewport.is_full
        before = panel.viewport
        await pilot.press("left_square_bracket")
        assert panel.viewport != before
        await pilot.press("escape", "escape", "l", "o", "f")
        await pilot.pause()
        assert "log scale, comparable runs only" in screen_text(app)
        for metric in ("reconstruction", "kl", "grad_norm", "learning_rate", "loss"):
            await pilot.press("m")
            assert panel.metric == metric


async def test_the_class_of_the_images(eight):
    app = app_of(eight, 2)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("7")
        await pilot.pause()
        assert "samples of class 7" in screen_text(app)
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert "samples of class 0" in screen_text(app)
        await pilot.press("up")
        await pilot.pause()
        assert "samples of class 9" in screen_text(app)


async def test_a_panel_is_maximized_with_all_its_rows(eight):
    app = app_of(eight, 8)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "more rows" in screen_text(app)
        await pilot.press("tab", "z")
        await pilot.pause()
        assert "training time" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "samples of class" in screen_text(app)


async def test_help_lists_the_keys_and_signs_and_q_leaves(eight):
    app = app_of(eight, 1)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        assert "Next axis" in screen_text(app)
        assert "curves of the runs" not in screen_text(app)
        assert "Other losses" in screen_text(app)
        assert "Rewind" not in screen_text(app)
        await pilot.press("escape", "tab", "tab", "question_mark")
        await pilot.pause()
        assert "curves of the runs" in screen_text(app)
        await pilot.press("escape", "q")
    assert app.return_code == 0


async def test_the_command_and_the_directories_are_copied(eight):
    app = app_of(eight, 2)
    first, second = (run.path for run in app._runs)
    async with app.run_test(size=(80, 24)) as pilot:
        for key, text in (("v", f"vae-tui compare {first} {second}"), ("b", str(second))):
            await pilot.press("y", key)
            await pilot.pause()
            assert app.clipboard == text


async def test_a_live_run_grows_on_the_screen(tmp_path):
    config = Config(run=RunConfig(dir=str(tmp_path / "live")))
    with RunDirectory.create(config) as directory:
        append(directory, *ready(), *trained_steps(100))
        run = ComparedRun(directory.path)
        run.read()
        app = CompareApp([run], ScreenOptions())
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            assert "no samples of class 0 yet" in screen_text(app)
            append(directory, metrics(101, 150), sampled(150))
            run.pictures._listed_at = -1e9  # otherwise the folder is listed only once a second
            app.follow()
            await pilot.pause()
            text = screen_text(app)
            assert "live, step 150" in text
            assert any(line.split()[1:4] == ["steps", "150", "│"] for line in text.splitlines())


async def test_a_run_that_breaks_is_told_of_and_the_others_go_on(tmp_path):
    write_variants(tmp_path, 2)
    app = app_of(tmp_path, 2)
    async with app.run_test(size=(120, 40)) as pilot:
        with (tmp_path / "defaults" / "events.jsonl").open("a") as file:
            file.write("{nonsense\n")
        app.follow()
        await pilot.pause()
        assert [told.title for told in app._notifications] == ["the log of defaults"]
        assert "finished, log damaged" in screen_text(app)


async def test_a_terminal_that_is_too_small_says_so(eight):
    app = app_of(eight, 2)
    async with app.run_test(size=(50, 12)) as pilot:
        await pilot.pause()
        assert "a comparison needs 60x18" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "samples of class 0" in screen_text(app)
