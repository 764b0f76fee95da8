"""The keys of the panels: the step cursor, zoom, views, the whole screen."""

from __future__ import annotations

import numpy as np
from scripted import at, eventually, hidden, notice, opening, running, sampled, settle, training
from vae_tui.core.protocol.events import Examples, LatentMap, Reconstructed
from vae_tui.core.run.sample_files import encode_sampled
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.screens.log_screen import LogScreen
from vae_tui.tui.screens.map_screen import LatentMapScreen
from vae_tui.tui.screens.monitor_screen import MonitorScreen
from vae_tui.tui.screens.step_screen import StepScreen
from vae_tui.tui.screens.studio_screen import StudioScreen
from vae_tui.tui.widgets.curve_panel import CurvePanel
from vae_tui.tui.widgets.images_panel import ImagesPanel
from vae_tui.tui.widgets.log_panel import LogPanel
from vae_tui.tui.widgets.map_panel import MapPanel
from vae_tui.tui.widgets.schedule_panel import SchedulePanel
from vae_tui.tui.widgets.status_panel import StatusPanel

RUN = (*opening(), *training(1050))


def cursors(app: VaeTuiApp) -> tuple[int | None, int | None]:
    return app.monitor.query_one(CurvePanel).cursor, app.monitor.query_one(SchedulePanel).cursor


async def test_one_cursor_is_in_all_panels_and_esc_leads_back(tmp_path):
    (tmp_path / "samples").mkdir()
    for step in (250, 500, 750):
        (tmp_path / "samples" / f"step-{step:08d}.png").write_bytes(encode_sampled(sampled(step)))
    async with running(*RUN, run_path=tmp_path) as (pilot, app, session):
        panel = app.monitor.query_one(ImagesPanel)
        await pilot.press("home")
        assert cursors(app) == (1, 1)
        await pilot.press("end", "shift+left", "shift+left", "left")
        step, other = cursors(app)
        assert step is not None
        assert step == other
        assert step < 1050
        await pilot.press("colon", *"600", "enter")
        await eventually(pilot, lambda: cursors(app) == (600, 600))
        assert "500" in str(panel.border_title), "the images that were drawn last before that step"
        session.post(*training(1085, 1051))
        await settle(pilot)
        assert cursors(app) == (600, 600), "it stays while training goes on"
        await pilot.press("escape")
        assert cursors(app) == (None, None)
        assert str(panel.border_title) == "images"


async def test_a_step_that_there_is_not_is_refused():
    async with hidden(*RUN) as (pilot, app, _):
        await pilot.press("colon", *"5000", "enter")
        assert isinstance(app.screen, StepScreen)
        assert app.screen.children[0].border_subtitle == "enter a step from 1 to 1,050"
        await pilot.press("escape")
        assert cursors(app) == (None, None)


async def test_before_the_first_step_there_is_none_to_go_to():
    async with hidden(*opening()) as (pilot, app, _):
        await pilot.press("colon", "left", "home")
        assert app.screen is app.monitor
        assert cursors(app) == (None, None)


async def test_curves_zoom_and_pan_and_come_back():
    async with running(*RUN) as (pilot, app, _):
        panel = app.monitor.query_one(CurvePanel)
        await pilot.press("plus", "plus", "left_square_bracket")
        assert not panel.viewport.is_full
        await pilot.press("f")
        assert panel.viewport.is_full
        await pilot.press("f")
        assert panel.viewport.recent


async def test_the_panel_with_the_focus_takes_the_whole_screen():
    async with running(*RUN) as (pilot, app, _):
        log, curves = app.monitor.query_one(LogPanel), app.monitor.query_one(CurvePanel)
        size = curves.size
        await pilot.press("z")
        await eventually(pilot, lambda: curves.region.width == 120)
        await pilot.press("escape")
        await eventually(pilot, lambda: curves.size == size)
        log.focus()
        await pilot.press("enter")
        await eventually(pilot, lambda: log.region.width == 120)
        await pilot.press("z")
        await eventually(pilot, lambda: curves.size == size)


async def test_tab_leads_through_all_panels():
    async with running(*RUN, size=(200, 60)) as (pilot, app, _):
        found = []
        for _ in range(6):
            await pilot.press("tab")
            found.append(type(app.focused))
        assert found == [CurvePanel, ImagesPanel, StatusPanel, SchedulePanel, MapPanel, LogPanel]


async def test_the_images_have_as_many_views_as_there_is_to_show():
    async with hidden(*RUN) as (pilot, app, session):
        panel = app.monitor.query_one(ImagesPanel)
        await pilot.press("x")
        assert panel.view == "samples"
        images = sampled(0).images
        session.post(Examples(step=0, time=at(0), images=images), Reconstructed(step=0, time=at(0), images=images))
        await settle(pilot)
        views = []
        for _ in range(3):
            await pilot.press("x")
            views.append(panel.view)
        assert views == ["real", "reconstructions", "samples"]


async def test_screens_open_over_the_panels_and_close():
    points = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    latents = np.zeros((30, 20), np.float32)
    map_event = LatentMap(
        step=0,
        time=at(0),
        points=points,
        labels=np.arange(30, dtype=np.int32) % 10,
        latents=latents,
        explained=(0.5, 0.2),
    )
    async with running(*RUN, map_event) as (pilot, app, _):
        for key, screen in (("g", StudioScreen), ("p", LatentMapScreen), ("slash", LogScreen)):
            await pilot.press(key)
            await eventually(pilot, lambda screen=screen: isinstance(app.screen, screen))
            await pilot.press("escape")
            await eventually(pilot, lambda: app.screen is app.monitor)
        await pilot.press("p", "right", "g")
        await eventually(pilot, lambda: isinstance(app.screen, StudioScreen))
        for below in (LatentMapScreen, MonitorScreen):
            await pilot.press("escape")
            await eventually(pilot, lambda below=below: isinstance(app.screen, below))


async def test_without_a_model_there_is_no_studio():
    async with hidden(*opening()[:1]) as (pilot, app, _):
        await pilot.press("g")
        assert app.screen is app.monitor
        (toast,) = app._notifications
        assert toast.message == "The model is not ready yet."


async def test_what_a_run_has_said_long_ago_is_no_news():
    old = notice("it was so")
    async with running(*opening(), type(old)(step=0, time=1.0, level="warning", text="it was so")) as (
        _,
        app,
        _session,
    ):
        assert not list(app._notifications)
        assert any("it was so" in row.text for row in app.monitor.query_one(LogPanel).rows)


async def test_pictures_that_nobody_asked_for_come_at_their_own_pace():
    async with running(*opening(), *training(250)) as (pilot, app, session):
        panel = app.monitor.query_one(ImagesPanel)
        app.monitor._picture_pace.seconds = 3600.0  # on a busy machine three seconds soon pass
        shown = panel._cells.glyphs.copy()
        session.post(sampled(2000))
        await settle(pilot)
        np.testing.assert_array_equal(panel._cells.glyphs, shown)
        session.post(sampled(2250, requested=True))
        await settle(pilot)
        assert not np.array_equal(panel._cells.glyphs, shown)
