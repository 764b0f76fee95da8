"""The whole log on its screen, by its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scripted import log_of, notice, opening, running, settle, training
from textual.pilot import Pilot
from textual.widgets import Input, Static
from vae_tui.core.protocol.events import Notice
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.screens.log_screen import LogScreen
from vae_tui.tui.widgets.log_panel import LogPanel, LogView

TROUBLE = (notice("steps are slow", 105), Notice(step=105, level="error", text="no space left on the device"))


@asynccontextmanager
async def reading(*, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Pilot[None], VaeTuiApp, LogScreen]]:
    """The log of a short run with some trouble, on its screen."""
    async with running(*opening(), *training(105), *TROUBLE, size=size) as (pilot, app, _):
        screen = LogScreen(app.monitor.query_one(LogPanel).book)
        await app.push_screen(screen)
        await pilot.pause()
        yield pilot, app, screen


def state_of(screen: LogScreen) -> str:
    return str(screen.query_one("#state", Static).content)


async def test_it_has_every_entry_of_the_panel_and_follows_new_ones():
    async with reading() as (_, app, screen):
        view = screen.query_one(LogView)
        shown = [line.split(" ", 1)[1].lstrip("! ") for line in log_of(app).splitlines()]
        assert [row.text for row in view.rows] == shown
        app.monitor.query_one(LogPanel).add(next(line for _, line in view.book.entries()))
        before = len(view.numbers)
        screen._paint()
        assert len(view.numbers) == before + 1


async def test_words_are_found_while_they_are_typed():
    async with reading() as (pilot, _, screen):
        await pilot.press(*"Best")
        await pilot.pause()
        assert state_of(screen) == "no match"
        await pilot.press(*["backspace"] * 4, *"best")
        await pilot.pause()
        matching = screen.query_one(LogView).matching
        assert state_of(screen) == f"match {len(matching)} of {len(matching)}"
        await pilot.press("enter", "n")
        assert state_of(screen) == f"match {len(matching) - 1} of {len(matching)}"
        await pilot.press("N", "N")
        assert state_of(screen) == f"match 1 of {len(matching)}"


async def test_escape_clears_the_search_and_then_closes():
    async with reading() as (pilot, app, screen):
        await pilot.press(*"slow", "enter", "escape")
        await pilot.pause()
        assert app.screen is screen
        assert screen.query_one(Input).value == ""
        assert state_of(screen).endswith("entries")
        await pilot.press("escape")
        assert app.screen is app.monitor


async def test_levels_are_left_out_by_a_key_and_the_search_goes_on_in_the_rest():
    async with reading() as (pilot, _, screen):
        await pilot.press(*"best")
        await pilot.press("f2")
        assert state_of(screen) == "no match, warnings and errors"
        assert [row.text for row in screen.query_one(LogView).rows] == [event.text for event in TROUBLE]
        await pilot.press("enter", "exclamation_mark")
        assert state_of(screen) == "no match, errors only"
        await pilot.press("exclamation_mark", "n")
        assert state_of(screen).startswith("match")


async def test_the_arrows_scroll_while_words_are_typed():
    async with reading(size=(60, 12)) as (pilot, _, screen):
        await pilot.press("up")
        assert state_of(screen).endswith("scrolled back")
        await pilot.press("down")
        assert not state_of(screen).endswith("scrolled back")
        await pilot.press("enter", "g")
        assert state_of(screen).endswith("scrolled back")
        await pilot.press("G", "slash", *"sa")
        await pilot.pause()
        assert screen.query_one(Input).value == "sa"


async def test_keys_of_the_panels_do_nothing_there():
    async with running(*opening(), size=(100, 30)) as (pilot, app, session):
        await app.push_screen(LogScreen(app.monitor.query_one(LogPanel).book))
        await pilot.press("c", "enter", "c", "space", "r")
        await settle(pilot)
        assert session.commands == []
