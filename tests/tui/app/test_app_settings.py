"""The app with a user's settings: it begins as they say, and remembers what keys change."""

from __future__ import annotations

from panels import lines
from scripted import eventually, hidden, opening, running, settle, training
from textual.pilot import Pilot
from vae_tui.core.config import Config
from vae_tui.core.protocol.commands import Pause
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.control.possible import possible_actions
from vae_tui.tui.screens.leave_screen import LeaveScreen
from vae_tui.tui.settings.starts import TIPS, Starts
from vae_tui.tui.widgets.curve_panel import CurvePanel
from vae_tui.tui.widgets.images_panel import ImagesPanel

RUN = (*opening(), *training(105))


async def test_the_panels_begin_as_the_settings_say_and_changes_are_remembered():
    changes: list[tuple[str, object]] = []

    def remember(name: str, value: object) -> str:
        changes.append((name, value))
        return ""

    options = ScreenOptions(picture_style="braille", log_scale=True, remember=remember)
    async with hidden(*RUN, options=options) as (pilot, app, _):
        panels = app.monitor.query_one(CurvePanel), app.monitor.query_one(ImagesPanel)
        assert (panels[0].log_scale, panels[1].picture_style) == (True, "braille")
        assert [name for name, _ in changes] == ["starts"]
        changes.clear()
        await pilot.press("l", "v")
        app.theme = "nord"
        await pilot.pause()
        assert dict(changes) == {"log_scale": False, "picture_style": panels[1].picture_style, "theme": "nord"}


async def test_what_cannot_be_remembered_is_told_once():
    options = ScreenOptions(remember=lambda name, value: "cannot write there")
    async with hidden(*RUN, options=options) as (pilot, app, _):
        await pilot.press("l", "l", "v", "v")
        await pilot.pause()
        told = [each.message for each in app._notifications]
        assert told.count("cannot write there. Changes hold until you leave.") == 1


async def test_swapped_keys_do_what_the_footer_and_the_help_say():
    async with hidden(*RUN, options=ScreenOptions(keymap={"pause": "q", "quit": "space"})) as (pilot, app, session):
        keys = {action.id: action.hint.keys for action in possible_actions(app.monitor.situation)}
        assert (keys["pause"], keys["quit"]) == (("q",), ("space",))
        await pilot.press("q")
        assert session.commands == [Pause()]
        await pilot.press("space")
        await leave_dialog(pilot)
        assert session.commands == [Pause()]


async def leave_dialog(pilot: Pilot[object]) -> None:
    await eventually(pilot, lambda: isinstance(pilot.app.screen, LeaveScreen))


async def test_the_first_screen_tells_how_long_the_start_took_last_and_measures_this_one():
    remembered: dict[str, object] = {}

    def remember(name: str, value: object) -> str:
        remembered[name] = value
        return ""

    options = ScreenOptions(starts=Starts().after(Config(), 33), remember=remember)
    async with running(*opening()[:3], options=options) as (pilot, app, session):
        shown = "\n".join(lines(app))
        assert "the first step came after 33 s" in shown
        assert f"Tip: {TIPS[1]}"[:40] in shown
        session.post(*opening()[3:])
        await settle(pilot)
        starts = Starts.recalled(remembered["starts"])
        assert (starts.count, list(starts.seconds)) == (2, ["auto dense"])
