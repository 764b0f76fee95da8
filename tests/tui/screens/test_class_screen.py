"""Any class can be asked for by its number or name, and classes are paged, where that does something."""

from __future__ import annotations

import dataclasses

from colored import CHARACTERS, THINGS, color_images, many_classes
from scripted import opening, running, sampled
from textual.content import Content
from textual.widgets import Static
from vae_tui.core.protocol.commands import Sample
from vae_tui.core.protocol.events import DataReady, Event, Sampled
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.control import possible_actions
from vae_tui.tui.screens.class_screen import ClassScreen
from vae_tui.tui.widgets.images_panel import ImagesPanel


def begun(names: tuple[str, ...], images) -> tuple[Event, ...]:
    """The opening of a run that draws these images."""

    def changed(event: Event) -> Event:
        if isinstance(event, DataReady):
            return dataclasses.replace(event, class_names=names)
        return dataclasses.replace(event, images=images) if isinstance(event, Sampled) else event

    return tuple(map(changed, opening()))


def offered(app: VaeTuiApp) -> set[str]:
    return {action.id for action in possible_actions(app.monitor.situation)}


def answer_of(app: VaeTuiApp) -> str:
    content = app.screen.query_one(Static).content
    return content.plain if isinstance(content, Content) else str(content)


async def test_a_name_draws_its_class():
    async with running(*begun(THINGS, color_images(12, 2))) as (pilot, app, session):
        await pilot.press("apostrophe", *"rose")
        assert answer_of(app) == "class 11, rose triangle"
        await pilot.press("enter")
        assert session.commands == [Sample(11)]
        assert app.screen is app.monitor


async def test_what_no_class_is_called_or_several_are_stays_and_escape_leaves():
    async with running(*begun(THINGS, color_images(12, 2))) as (pilot, app, session):
        await pilot.press("apostrophe", *"ring", "enter")
        assert isinstance(app.screen, ClassScreen)
        assert answer_of(app) == "3 classes: amber ring, aqua ring, pink ring"
        await pilot.press(*"zebra", "enter")  # what was typed is selected, so it is typed over
        assert answer_of(app) == "There is no such class. The numbers are 0 to 11."
        await pilot.press("escape")
        assert app.screen is app.monitor
        assert session.commands == []


async def test_brackets_in_a_name_are_no_markup():
    names = ("[/red]", "[b]", *map(str, range(2, 12)))
    async with running(*begun(names, color_images(12, 1))) as (pilot, app, _):
        await pilot.press("apostrophe", *"[/")
        assert answer_of(app) == "class 0, [/red]"


async def test_pages_turn_and_their_keys_are_offered_while_there_are_pages():
    async with running(*begun(CHARACTERS, many_classes())) as (pilot, app, _):
        assert {"page_up", "page_down", "sample_class"} <= offered(app)
        panel = app.query_one(ImagesPanel)
        first = panel.border_title
        await pilot.press("pagedown")
        assert panel.border_title != first
        await pilot.press("pageup")
        assert panel.border_title == first
        await pilot.press("z")
        await pilot.pause()


async def test_ten_classes_have_neither_pages_nor_other_classes():
    async with running(*opening(), sampled(250)) as (pilot, app, _):
        assert not {"page_up", "page_down", "sample_class"} & offered(app)
        await pilot.press("pagedown")
        assert "shown already" in [toast.message for toast in app._notifications][-1]


async def test_the_studio_chooses_any_class():
    async with running(*begun(CHARACTERS, many_classes())) as (pilot, app, session):
        await pilot.press("g")
        await pilot.press("apostrophe", "z", "enter")
        await pilot.pause()
        asked = session.commands[0]
        assert asked.classes.shape[1] == len(CHARACTERS)  # type: ignore[union-attr]
        assert app.screen._exploration.studio.anchor.classes.argmax() == CHARACTERS.index("z")  # type: ignore[attr-defined]
