"""The studio in the app: how it opens, closes and opens again."""

from __future__ import annotations

from typing import Any

import numpy as np
from scripted import digits, eventually, opening, running, settle, training
from textual.app import App
from vae_tui.core.protocol.commands import Generate
from vae_tui.core.protocol.events import Generated, LatentMap
from vae_tui.tui.screens.map_screen import LatentMapScreen
from vae_tui.tui.screens.studio_screen import StudioScreen
from vae_tui.tui.studio.studio_state import Start
from vae_tui.tui.widgets.map_panel import MapPanel

RUN = (*opening(), *training(105))


def latent_map(latents: int) -> LatentMap:
    points = np.array([(-1, 0), (1, 0)], np.float32)
    means = np.ones((2, latents), np.float32)
    return LatentMap(step=105, points=points, labels=np.array([3, 7], np.int32), latents=means, explained=(0.5, 0.3))


def studio_of(app: App[Any]) -> StudioScreen:
    assert isinstance(app.screen, StudioScreen)
    return app.screen


async def test_pins_and_strip_are_there_when_the_studio_opens_again():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("g")
        await eventually(pilot, lambda: any(isinstance(command, Generate) for command in session.commands))
        asked = next(command for command in session.commands if isinstance(command, Generate))
        images = np.broadcast_to(digits()[0, 0], (len(asked.codes), 28, 28)).copy()
        session.post(Generated(step=105, ticket=asked.ticket, images=images, weights="ema"))
        await settle(pilot)
        await pilot.press("enter", "t")
        assert studio_of(app).query_one("#pins").border_title == "pins · 1"
        for key in ("escape", "g"):
            await pilot.press(key)
        await pilot.pause()
        assert studio_of(app).query_one("#pins").border_title == "pins · 1"
        assert str(studio_of(app).query_one("#strip").border_title).startswith("strip · dimension 1")


async def test_the_studio_of_the_latent_map_closes_to_the_map():
    async with running(*RUN) as (pilot, app, session):
        session.post(latent_map(app.view.config.model.latents))
        await settle(pilot)
        await pilot.press("p")
        assert isinstance(app.screen, LatentMapScreen)
        app.screen.query_one(MapPanel).pick(1)
        await pilot.press("g")
        assert "dimensions 1, 2" in str(studio_of(app).query_one("#around").border_title)
        await pilot.press("escape")
        assert isinstance(app.screen, LatentMapScreen)


async def test_a_studio_that_was_asked_for_instead_of_the_panels_ends_the_app():
    async with running(*RUN, studio=Start(7)) as (pilot, app, _):
        await eventually(pilot, lambda: isinstance(app.screen, StudioScreen))
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running
