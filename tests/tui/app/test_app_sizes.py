"""What the panels show at each size of the terminal, and in each theme."""

from __future__ import annotations

import pytest
from panels import lines
from scripted import metrics, opening, running, settle, text_of, training
from vae_tui.core.protocol.commands import Checkpoint, Sample
from vae_tui.tui.screens.panel_layout import SMALLEST

RUN = (*opening(), *training(105))


async def test_every_panel_is_on_the_screen_at_every_size():
    async with running(*RUN) as (pilot, app, _session):
        for size in [(80, 24), (120, 40), (200, 60), (60, 18), (250, 20), (65, 80)]:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            whole = app.screen.region
            assert whole.size == size
            for name in ("CurvePanel", "ImagesPanel", "StatusPanel", "SchedulePanel", "LogPanel", "KeyFooter"):
                region = app.monitor.query_one(name).region
                assert region.area > 0, (name, size)
                assert whole.contains_region(region), (name, size)


async def test_the_line_of_keys_ends_with_a_whole_word_at_every_width():
    async with running(*RUN, size=(320, 18)) as (pilot, app, _):
        whole = lines(app)[-1].rstrip().split("  ")
        for width in (60, 67, 80, 99, 100, 119, 120, 121, 131, 220):
            await pilot.resize_terminal(width, 18)
            await pilot.pause()
            shown = lines(app)[-1]
            assert len(shown) == width
            entries = shown.rstrip().split("  ")
            assert entries == whole[: len(entries)]
            assert "? help" in entries
            more = whole[len(entries) : len(entries) + 1]
            assert len("  ".join([*entries, *more])) > width or not more, "there was room for one more"


async def test_a_click_on_a_key_in_the_footer_runs_its_action():
    async with running(*RUN) as (pilot, app, session):
        footer = app.monitor.query_one("KeyFooter")
        line = lines(app)[-1]
        for entry in ("c save", "s sample"):
            await pilot.click(footer, offset=(line.index(entry) + 2, 0))
        await pilot.click(footer, offset=(line.index("c save") - 1, 0))
        assert session.commands == [Checkpoint(), Sample()]


async def test_a_terminal_that_is_too_small_says_so_and_recovers():
    async with running(*RUN, size=(50, 12)) as (pilot, app, session):
        note = app.monitor.query_one("#too-small")
        assert note.region.size == (50, 11)
        assert "q stop" in lines(app)[-1], "the keys to leave are named"
        assert "50x12" in text_of(app, "#too-small")
        assert f"{SMALLEST.width}x{SMALLEST.height}" in text_of(app, "#too-small")
        session.post(metrics(106, 140))
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert note.region.area == 0
        assert app.monitor.query_one("CurvePanel").region.area > 0
        assert "140 of" in text_of(app, "#step")


@pytest.mark.parametrize("key", ["?", "'", "g", "r", "p", "i", "/", "o", ":", "y", "ctrl+p", "q"])
async def test_every_dialog_lasts_in_a_terminal_of_any_size(key: str):
    async with running(*opening(), *training(140), size=(80, 24)) as (pilot, app, _):  # past a checkpoint
        await pilot.press("tab", key)  # the help explains the focused panel
        opened = app.screen
        assert opened is not app.monitor
        for size in [(7, 10), (1, 1), (2, 60), (200, 1), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.screen is opened, size
        await pilot.press("escape")
        assert app.screen is app.monitor


async def test_a_resize_under_a_dialog_is_made_up_for():
    async with running(*RUN, size=(120, 40)) as (pilot, app, _):
        await pilot.press("question_mark")
        await pilot.resize_terminal(80, 24)
        await pilot.press("escape")
        await settle(pilot)
        assert not app.monitor.has_class("-framed")
        assert app.screen.region.contains_region(app.monitor.query_one("LogPanel").region)


async def test_themes_of_every_kind_apply():
    async with running(*RUN) as (pilot, app, _):
        for theme in ("textual-light", "ansi-dark", "nord"):
            app.theme = theme
            await pilot.pause()
            assert "training" in app.export_screenshot()
