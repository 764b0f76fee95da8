"""Screens bear sizes and keys that come faster than they are drawn."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static
from vae_tui.tui.screens.base import Dialog, SteadyScreen


class Panels(SteadyScreen[None]):
    def compose(self) -> ComposeResult:
        yield Static("panels")


class Question(Dialog[str]):
    def compose(self) -> ComposeResult:
        yield Static("question")


class BaseApp(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return Panels()


async def test_a_size_that_is_outdated_is_not_taken():
    app = BaseApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(100, 30)
        outdated = Size(60, 20)
        app.screen.post_message(events.Resize(outdated, outdated))
        await pilot.pause()
        assert app.screen.size == Size(100, 30)
        assert app.screen.query_one(Static).size.width == 100


async def test_a_size_is_not_lost_when_an_outdated_one_comes_behind_it():
    app = BaseApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(100, 30)
        outdated = Size(60, 20)
        app.screen._refresh_layout(outdated)  # as it is laid out anew just before it learns of its new size
        for size in (Size(100, 30), outdated):  # of which Textual keeps the second
            app.screen.post_message(events.Resize(size, size))
        await pilot.pause()
        assert app.screen.size == Size(100, 30)
        assert app.screen.query_one(Static).size.width == 100


async def test_a_dialog_follows_the_size_and_so_does_what_is_under_it():
    app = BaseApp()
    async with app.run_test(size=(80, 24)) as pilot:
        panels = app.screen
        await app.push_screen(Question())
        await pilot.resize_terminal(90, 28)
        assert app.screen.size == panels.size == Size(90, 28)


async def test_a_dialog_that_is_closed_twice_takes_nothing_else_away():
    answers: list[str | None] = []
    app = BaseApp()
    async with app.run_test() as pilot:
        panels, first, second = app.screen, Question(), Question()
        await app.push_screen(first, answers.append)
        await app.push_screen(second, answers.append)
        second.dismiss("a")
        second.dismiss("b")
        await pilot.pause()
        assert app.screen is first
        first.dismiss("c")
        first.dismiss("d")
        await pilot.pause()
        assert app.screen is panels
        assert answers == ["a", "c"]
