"""The latent map on the whole screen: what keys and events do to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from panels import lines
from textual.app import App
from textual.pilot import Pilot
from vae_tui.core.protocol.commands import Command, Generate
from vae_tui.core.protocol.events import Generated, LatentMap
from vae_tui.tui.screens.map_screen import LatentMapScreen
from vae_tui.tui.widgets.map_panel import MapPanel

NAMES = tuple("0123456789")
LABELS = [3, 3, 3, 7, 7]
POINTS = np.array([(-1, 0.5), (0, 0.4), (1, 0.5), (-0.5, -1), (0.5, -1)], np.float32)


def latent_map(step: int = 35, shift: float = 0) -> LatentMap:
    latents = np.arange(20, dtype=np.float32).reshape(5, 4) + np.float32(shift)
    return LatentMap(step=step, points=POINTS, labels=np.array(LABELS, np.int32), latents=latents, explained=(0.5, 0.3))


class MapApp(App[None]):
    """An app that opens the map and keeps what it asked for."""

    def __init__(self, event: LatentMap | None) -> None:
        super().__init__()
        self.asked: list[Generate] = []
        self.explored: list[tuple[np.ndarray, int]] = []
        self.map = LatentMapScreen(lambda: event, NAMES, self.send, self.explore)

    def send(self, command: Command) -> None:
        assert isinstance(command, Generate)
        self.asked.append(command)

    async def explore(self, latents: np.ndarray, label: int) -> None:
        self.explored.append((latents, label))

    def on_mount(self) -> None:
        self.push_screen(self.map)

    @property
    def panel(self) -> MapPanel:
        return self.map.query_one(MapPanel)

    def answer(self, problem: str = "") -> None:
        """Answer the last question with an image of lines, or by saying why not."""
        images = np.zeros((0 if problem else 1, 28, 28), np.uint8)
        images[:, ::2] = 255
        self.map.handle_event(
            Generated(step=40, ticket=self.asked[-1].ticket, images=images, weights="ema", problem=problem)
        )


@asynccontextmanager
async def opened(
    event: LatentMap | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[MapApp, Pilot[Any]]]:
    app = MapApp(event)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def text(app: MapApp) -> str:
    return "\n".join(lines(app))


async def test_before_the_first_map_it_says_so_and_follows_when_it_comes():
    async with opened() as (app, pilot):
        assert "no map yet" in text(app)
        await pilot.press("right", "tab", "g", "e")
        assert (app.asked, app.explored) == ([], [])
        app.map.handle_event(latent_map())
        await pilot.pause()
        assert "no map yet" not in text(app)
        assert "7" in text(app)


async def test_the_point_under_the_cursor_is_decoded_from_its_latents_as_its_class():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right")
        picked = app.panel.picked
        assert picked is not None
        (asked,) = app.asked
        np.testing.assert_array_equal(asked.codes, latent_map().latents[picked : picked + 1])
        assert asked.classes.shape == (1, 10)
        assert asked.classes.argmax() == LABELS[picked]
        assert (asked.space, asked.weights) == ("latents", "ema")
        assert "▀" not in text(app)
        app.answer()
        await pilot.pause()
        assert "▀" in text(app)
        assert f"class {LABELS[picked]}" in text(app)


async def test_while_one_question_is_on_its_way_the_newest_place_waits():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("tab", "tab", "tab", "tab")
        assert len(app.asked) == 1
        app.answer()
        assert len(app.asked) == 2
        assert app.panel.picked is not None
        np.testing.assert_array_equal(app.asked[1].codes[0], latent_map().latents[app.panel.picked])
        app.answer()
        assert len(app.asked) == 2


async def test_tab_goes_round_the_points_of_the_class_from_left_to_right():
    async with opened(latent_map()) as (app, pilot):
        app.panel.pick(0)
        seen = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            seen.append(app.panel.picked)
        assert seen == [1, 2, 0, 2]


async def test_shift_moves_faster():
    async with opened(latent_map(), size=(120, 40)) as (app, pilot):
        app.panel.pick(3)
        await pilot.press("shift+right")
        assert app.panel.picked == 3
        await pilot.press(*["shift+right"] * 5)
        assert app.panel.picked == 4


async def test_e_decodes_with_the_other_parameters():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right", "e")
        assert "raw parameters" in text(app)
        app.answer()
        assert app.asked[-1].weights == "raw"


async def test_a_new_map_keeps_the_point_and_decodes_it_anew():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right")
        app.answer()
        picked = app.panel.picked
        assert picked is not None
        app.map.handle_event(latent_map(70, shift=100))
        await pilot.pause()
        assert app.panel.picked == picked
        np.testing.assert_array_equal(app.asked[-1].codes[0], latent_map(70, 100).latents[picked])
        assert "step 70" in text(app)


async def test_why_nothing_was_decoded_is_said():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right")
        app.answer(problem="the run has ended")
        await pilot.pause()
        assert "the run has ended" in text(app)


async def test_answers_to_others_change_nothing():
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right")
        before = text(app)
        images = np.full((1, 28, 28), 255, np.uint8)
        app.map.handle_event(Generated(step=40, ticket=app.asked[0].ticket + 1000, images=images, weights="ema"))
        await pilot.pause()
        assert text(app) == before


@pytest.mark.parametrize("key", ["escape", "p", "q"])
async def test_it_closes_without_a_point(key):
    async with opened(latent_map()) as (app, pilot):
        await pilot.press("right", key)
        assert len(app.screen_stack) == 1
        assert app.explored == []


async def test_g_explores_from_the_point_above_the_map():
    async with opened(latent_map()) as (app, pilot):
        app.panel.pick(3)
        await pilot.press("g")
        ((latents, label),) = app.explored
        np.testing.assert_array_equal(latents, latent_map().latents[3])
        assert label == 7
        assert app.screen is app.map


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40), (200, 60)])
async def test_map_facts_and_keys_are_on_the_screen_at_every_size(size):
    async with opened(latent_map(), size) as (app, pilot):
        await pilot.press("right")
        for words in ("latent map", "PC 1", "class", "esc"):
            assert words in text(app)
