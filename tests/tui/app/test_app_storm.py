"""Keys, sizes, the mouse and what the session says come faster than the app draws, in every order."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from panels import strips
from scripted import ScriptedSession, at, eventually, opening, running, settle, training
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.geometry import Size
from textual.keys import key_to_character
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen
from vae_tui.core.protocol.commands import Checkpoint, Generate
from vae_tui.core.protocol.events import Generated, LatentMap
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.screens.class_screen import ClassScreen
from vae_tui.tui.screens.help_screen import HelpScreen
from vae_tui.tui.screens.log_screen import LogScreen
from vae_tui.tui.screens.map_screen import LatentMapScreen
from vae_tui.tui.screens.run_screen import RunScreen
from vae_tui.tui.screens.step_screen import StepScreen
from vae_tui.tui.screens.studio_screen import StudioScreen

pytestmark = pytest.mark.soak

RUN = (*opening(), *training(105))

SCREENS: dict[str, type[Screen[Any]]] = {
    "question_mark": HelpScreen,
    "slash": LogScreen,
    "i": RunScreen,
    "p": LatentMapScreen,
    "g": StudioScreen,
    "colon": StepScreen,
    "apostrophe": ClassScreen,
    "ctrl+p": CommandPalette,
}
"""The screens over the panels, by the keys that open them."""

COMMON = ("escape", "tab", "shift+tab", "home", "end", "pageup", "pagedown", "up", "down", "left", "right")
LEAVING = {"quit", "interrupt", "detach", "suspend_process"}

ROUNDS = 100


def latent_map(step: int) -> LatentMap:
    noise = np.random.default_rng(step)
    number = (3, 120)[step % 2]
    return LatentMap(
        step=step,
        time=at(step),
        points=noise.normal(size=(number, 2)).astype(np.float32),
        latents=noise.normal(size=(number, 20)).astype(np.float32),
        labels=noise.integers(0, 10, number).astype(np.int32),
        explained=(0.5, 0.3),
    )


def answer(command: Generate, step: int) -> Generated:
    images = np.random.default_rng(step).integers(0, 256, (len(command.codes), 28, 28))
    return Generated(
        step=step, time=at(step), ticket=command.ticket, images=images.astype(np.uint8), weights=command.weights
    )


def press(app: App[Any], *keys: str) -> None:
    """Type without waiting for anything."""
    for key in keys:
        app.post_message(events.Key(key, key_to_character(key)))


def resize(app: App[Any], width: int, height: int) -> None:
    """The terminal has another size from now on, and says so."""
    assert app._driver is not None
    app._driver._size = width, height
    app.post_message(events.Resize(Size(width, height), Size(width, height)))


def words(app: App[Any]) -> list[str]:
    """What is on the screen; numbers do not count, for a meter of the app itself goes on."""
    return [re.sub(r"\d", "0", strip.text) for strip in strips(app)]


async def have_taken_all(pilot: Pilot[Any]) -> None:
    """Wait until what the app was told so far has been taken in. A key goes to a widget first, and comes back to the
    app where that has no use for it.

    The pilot is asked last: it gives up after 30 seconds, and a slow machine may need more for all that was typed.
    """
    app = pilot.app
    for _ in range(3):
        await pass_through(app, [app])
        await pass_through(app, app.screen.walk_children(with_self=True))
    await pilot.pause()


async def pass_through(app: App[Any], pumps: Iterable[MessagePump]) -> None:
    """Wait until all that these have in their queues now is done, but for those that are closed meanwhile."""
    taken = [(pump, asyncio.Event()) for pump in pumps]
    for pump, event in taken:
        pump.call_later(event.set)
    while any(pump.is_running and not event.is_set() for pump, event in taken):
        assert app.is_running, "the app has ended"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("opener", SCREENS)
async def test_what_is_typed_ahead_reaches_the_screen_that_it_opens(opener: str):
    keys = sorted({binding.key for binding in Binding.make_bindings(SCREENS[opener].BINDINGS)} | set(COMMON))
    if opener != "ctrl+p":  # where it chooses a command, and some of them leave
        keys.append("enter")
    rng = random.Random(1)
    async with running(*RUN, latent_map(105)) as (pilot, app, _):
        for _ in range(3):
            press(app, opener, *rng.sample(keys, len(keys)))
            await have_taken_all(pilot)
            press(app, *["escape"] * 4)
            await have_taken_all(pilot)
            assert app.screen is app.monitor


async def test_the_palette_runs_a_command_once_however_often_enter_is_pressed():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+p", *"checkpoint")
        await eventually(pilot, lambda: app.screen.query_one(CommandList).option_count == 1)
        await pilot.press("down")
        press(app, "enter", "enter", "enter")
        await have_taken_all(pilot)
        assert session.commands == [Checkpoint()]


@pytest.mark.parametrize("opener", ["p", "g"])
async def test_what_the_session_says_while_a_screen_is_being_made_is_taken_in(opener: str):
    async with running(*RUN) as (pilot, app, session):
        press(app, opener)
        for step in range(106, 136):
            session.post(latent_map(step))
            app.catch_up()
            await asyncio.sleep(0)
        await eventually(pilot, lambda: isinstance(app.screen, SCREENS[opener]))
        assert app.view.latent_map is not None
        assert app.view.latent_map.step == 135
        assert "no map yet" not in "".join(words(app))


@pytest.mark.parametrize("opener", SCREENS)
async def test_a_screen_may_be_closed_with_much_still_to_do(opener: str):
    async with running(*RUN) as (pilot, app, session):
        for number in range(8):
            press(app, opener)
            resize(app, 60 + 7 * number, 18 + 2 * number)
            session.post(latent_map(number))
            press(app, "1", "enter", "tab", "enter")
            await asyncio.sleep(0.002 * number)
            press(app, "escape", "escape")
            resize(app, 120, 40)
        await have_taken_all(pilot)
        assert app.screen is app.monitor


class Storm:
    """Does what users and trainers do, at random and without waiting."""

    def __init__(self, app: VaeTuiApp, session: ScriptedSession, seed: int) -> None:
        self._app, self._session, self._rng, self._step = app, session, random.Random(seed), 105
        keys = {key for action in ACTIONS if action.id not in LEAVING for key in action.key.split(",")}
        self._keys = sorted({*keys, *COMMON, "enter", "backspace", "f2", "w", "t", "a", "b"})
        self._deeds: list[tuple[float, Callable[[], None]]] = [
            (0.70, self._type),
            (0.08, self._resize),
            (0.07, self._train),
            (0.05, self._point),
            (0.04, self._answer),
            (0.03, lambda: session.post(latent_map(self._step))),
            (0.03, app.catch_up),
        ]

    def blow(self) -> None:
        """Do a few things at once."""
        weights, deeds = zip(*self._deeds, strict=True)
        for deed in self._rng.choices(deeds, weights, k=self._rng.choice((1, 2, 3, 8))):
            deed()

    @property
    def lull(self) -> float:
        """Seconds until it blows again."""
        return self._rng.choice((0, 0, 0, 0.002, 0.002, 0.03))

    def _type(self) -> None:
        press(self._app, self._rng.choice(self._keys))

    def _resize(self) -> None:
        resize(self._app, self._rng.randint(20, 250), self._rng.randint(5, 80))

    def _train(self) -> None:
        self._session.post(*training(self._step + 35, self._step + 1))
        self._step += 35

    def _point(self) -> None:
        kind = self._rng.choice(
            (events.MouseMove, events.MouseDown, events.MouseUp, events.MouseScrollUp, events.MouseScrollDown)
        )
        x, y = self._rng.randrange(self._app.size.width), self._rng.randrange(self._app.size.height)
        button = self._rng.choice((0, 1))
        self._app.post_message(kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y))

    def _answer(self) -> None:
        asked = [command for command in self._session.commands if isinstance(command, Generate)]
        if asked:
            self._session.post(answer(asked[-1], self._step))


@pytest.mark.parametrize("seed", range(3))
async def test_after_a_storm_the_screen_is_what_drawing_all_anew_shows(seed: int):
    async with running(*RUN) as (pilot, app, session):
        storm = Storm(app, session, seed)
        for _ in range(ROUNDS):
            storm.blow()
            await asyncio.sleep(storm.lull)
        for _ in range(6):
            press(app, "escape")
            await have_taken_all(pilot)
        resize(app, 120, 40)
        await settle(pilot)
        assert app.screen is app.monitor
        assert app.monitor.size == (120, 40)
        shown: list[str] = []
        for _ in range(9):  # images that are drawn anew are free to look a little different, once
            if words(app) == shown:
                break
            shown = words(app)
            resize(app, 100, 30)
            await have_taken_all(pilot)
            resize(app, 120, 40)
            await have_taken_all(pilot)
            await settle(pilot)
        assert words(app) == shown
