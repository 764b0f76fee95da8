"""With `--ascii` nothing but ASCII is ever sent, on any screen; and nothing is lost without colours."""

from __future__ import annotations

from typing import Any

import pytest
from rich.color import ColorType
from scripted import RunState, notice, opening, running, settle, state, training
from textual.app import App
from textual.strip import Strip
from vae_tui.core.protocol.commands import Pause
from vae_tui.core.protocol.events import Failed, NotFinite
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.control.actions import ACTIONS

RUN = (*opening("no network: naïve café — “digits” ×2"), *training(350))
ENDING = {"quit", "interrupt", "detach"}
"""Actions that leave, or ask how to."""

KEYS = {action.hint: action.key.split(",")[0] for action in ACTIONS if action.id not in ENDING}.values()
"""A key of each family of actions, and those of all others."""


def strips(app: App[Any]) -> list[Strip]:
    return app.screen._compositor.render_strips()


def check(app: App[Any], where: object) -> None:
    for strip in strips(app):
        assert strip.text.isascii(), (where, strip.text)


async def test_the_panels_are_ascii_at_every_size():
    trouble = notice("naïve — trouble…", 350)
    async with running(*RUN, trouble, options=ScreenOptions(ascii=True)) as (pilot, app, _):
        assert any("naive - trouble~" in strip.text for strip in strips(app))
        for size in [(120, 40), (80, 24), (200, 60), (50, 12)]:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            check(app, size)


async def test_every_screen_that_a_key_opens_is_ascii():
    async with running(*RUN, options=ScreenOptions(ascii=True)) as (pilot, app, _):
        for key in KEYS:
            await pilot.press(key)
            check(app, key)
            await pilot.press("escape", "escape")
            assert app.screen is app.monitor, key
        for keys in (("ctrl+p", *"cu"), ("escape", "ctrl+c")):
            await pilot.press(*keys)
            await pilot.pause(0.1)
            check(app, keys)


async def test_the_panels_draw_in_ascii_themselves():
    """They know it, and take pictures made for it instead of passing others through the filter."""
    async with running(*RUN, options=ScreenOptions(ascii=True)) as (_, app, _session):
        for name in ("CurvePanel", "ImagesPanel", "SchedulePanel"):
            assert not app.monitor.query_one(name).terminal.unicode  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "last",
    [
        (NotFinite(step=350, metrics=("loss",)), state(RunState.PAUSED, 350, "not finite")),
        (Failed(step=350, message="the loss is not finite…", traceback="Traceback\n  “deep” down\n"),),
    ],
)
async def test_trouble_is_told_in_ascii(last):
    async with running(*RUN, options=ScreenOptions(ascii=True)) as (pilot, app, session):
        session.post(*last)
        await settle(pilot)
        check(app, last)


async def test_what_is_pending_is_told_in_ascii():
    async with running(*RUN, options=ScreenOptions(ascii=True)) as (pilot, app, session):
        await pilot.press("space")
        assert session.commands == [Pause()]
        check(app, "pausing")


async def test_without_colours_none_are_sent():
    async with running(*RUN, options=ScreenOptions(colors=False, theme="ansi-dark")) as (_, app, _session):
        for segment in (segment for strip in strips(app) for segment in strip):
            if segment.style is not None:
                for color in (segment.style.color, segment.style.bgcolor):
                    assert color is None or color.type == ColorType.DEFAULT, segment
        assert not {"half-block", "quadrant"} & {app.monitor.query_one("ImagesPanel").picture_style}  # type: ignore[attr-defined]
