from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from panels import lines
from PIL import Image
from scripted import digits, eventually, metrics
from textual.app import App
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static
from vae_tui.core.protocol.commands import MAX_CODES, Command, Generate
from vae_tui.core.protocol.events import Ended, Event, Generated
from vae_tui.tui.screens.studio_screen import StudioScreen
from vae_tui.tui.studio.keys import STUDIO_KEYS
from vae_tui.tui.studio.studio_state import Studio
from vae_tui.tui.widgets.real_pixels import PixelSheet

LATENTS = 8
NAMES = tuple(str(label) for label in range(10))
SIZES = [(80, 24), (120, 40), (200, 60)]


def start(classes: int = len(NAMES)) -> Studio:
    """The first state of the studio."""
    return Studio.begin(LATENTS, classes)


class StudioApp(App[None]):
    """A studio on a trainer that answers at once, or only when a test lets it.

    Its images are real ones of the class, a little darker the further the code is from nought.
    """

    def __init__(self, run_path: Path, *, answers: bool = True, names: tuple[str, ...] = NAMES) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[Generate] = []
        self.studio = StudioScreen(self.take, studio=start(len(names)), class_names=names, run_path=run_path)

    async def on_mount(self) -> None:
        await self.push_screen(self.studio)

    def take(self, command: Command) -> None:
        assert isinstance(command, Generate)
        self.asked.append(command)
        if self.answers:
            self.call_later(self.answer)

    def answer(self, step: int = 1234, problem: str = "") -> None:
        self.tell(reply(self.asked[-1], step, problem))

    def tell(self, event: Event) -> None:
        self.studio.handle_event(event)

    @property
    def shown(self) -> str:
        return "\n".join(lines(self))

    def words_of(self, part: str) -> str:
        content = self.studio.query_one(part, Static).content
        assert isinstance(content, Content)
        return content.plain

    def title_of(self, part: str) -> str:
        return str(self.studio.query_one(part).border_title)


def reply(command: Generate, step: int, problem: str = "") -> Generated:
    images = np.zeros((0, 28, 28), np.uint8)
    if not problem:
        dark = np.exp(-np.linalg.norm(command.codes, axis=1) / 20)
        images = (dark[:, None, None] * digits()[command.classes.argmax(axis=1), 0]).astype(np.uint8)
    return Generated(step=step, ticket=command.ticket, images=images, weights=command.weights, problem=problem)


@asynccontextmanager
async def studio(
    path: Path, size: tuple[int, int] = (120, 40), **arguments
) -> AsyncIterator[tuple[Pilot[None], StudioApp]]:
    app = StudioApp(path, **arguments)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        yield pilot, app


@pytest.mark.parametrize("size", SIZES)
async def test_everything_is_on_the_screen_and_asked_for_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    async with studio(tmp_path, size) as (pilot, app):
        await pilot.press("7", "t")
        await pilot.pause()
        for word in ("image", "plane 1", "dimension 1 of 8", "? help", "esc close", "class", "1,234", "−3.0", "+3.0"):
            assert word in app.shown, word
        for shown in (app.asked[-1].codes, app.asked[-1].classes):
            assert len(shown) <= MAX_CODES
        assert all(len(line) == size[0] for line in lines(app))
        assert app.shown.count("▌") >= 3, "the middle of the neighbourhood is marked"


async def test_every_size_is_borne(tmp_path: Path) -> None:
    async with studio(tmp_path, (1, 1)) as (pilot, app):
        for size in ((10, 3), (20, 5), (60, 18), (99, 29), (250, 80), (80, 24)):
            await pilot.press("enter", "right")
            await pilot.resize_terminal(*size)
        await pilot.press("t")
        await pilot.pause()
        assert "dimension 1 of 8" in app.shown


async def test_without_an_answer_it_waits_and_says_so(tmp_path: Path) -> None:
    async with studio(tmp_path, answers=False) as (pilot, app):
        assert "waiting for the model" in app.shown
        await pilot.press("enter", "w")
        assert "There is no image to write yet." in app.shown
        app.answer()
        await pilot.pause()
        assert "waiting for the model" not in app.shown


async def test_coordinates_move_at_once_and_only_the_last_place_is_asked_for(tmp_path: Path) -> None:
    async with studio(tmp_path, answers=False) as (pilot, app):
        before = app.title_of("#around")
        await pilot.press("right", "right", "up", "shift+down")
        assert app.title_of("#around") != before
        assert len(app.asked) == 1
        first = app.asked[0]
        app.answer()
        assert len(app.asked) == 2
        middle = len(first.codes) // 2
        moved = app.asked[1].codes[middle] - first.codes[middle]
        assert np.linalg.norm(moved) == pytest.approx(8**0.5, rel=1e-4), "two steps east, two south"
        app.answer()
        await pilot.pause()
        assert len(app.asked) == 2


async def test_classes_temperature_and_parameters_are_asked_for(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        middle = len(app.asked[0].codes) // 2
        await pilot.press("7")
        assert app.asked[-1].classes[middle].argmax() == 7
        await pilot.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert app.asked[-1].classes[middle].argmax() == 0
        before = app.asked[-1].codes[middle]
        await pilot.press("minus", "minus")
        np.testing.assert_allclose(app.asked[-1].codes[middle], 0.8 * before, rtol=1e-5)
        assert "temperature 0.8" in app.words_of("#line")
        await pilot.press("e", "e")
        assert app.asked[-1].weights == "best"
        assert "best checkpoint" in app.words_of("#line")
        await pilot.press("s")
        assert "seed 1" in app.words_of("#line")
        assert not np.allclose(app.asked[-1].codes[middle], 0.8 * before)


async def test_a_class_that_the_data_set_lacks(tmp_path: Path) -> None:
    async with studio(tmp_path, names=("coat", "shoe")) as (pilot, app):
        asked = len(app.asked)
        await pilot.press("7")
        assert "There is no class 7." in app.shown
        assert len(app.asked) == asked
        await pilot.press("1")
        assert "There is no class 7." not in app.shown
        assert "class shoe" in app.words_of("#line")


async def test_between_two_marks_there_is_a_strip_to_go_along(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        await pilot.press("3", "a", "8")
        assert "A is marked" in app.title_of("#strip")
        await pilot.press("b")
        await pilot.pause()
        assert "A → B" in app.title_of("#strip")
        await pilot.press("less_than_sign")
        await pilot.pause()
        assert app.words_of("#line").startswith("class 90 % 8, 10 % 3")
        await pilot.press("t", "t")
        await pilot.pause()
        assert app.title_of("#strip").startswith("strip")
        assert "t traverses a dimension" in app.shown


async def test_pins_stay_and_go(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        await pilot.press("5", "enter", "6", "plus", "enter")
        await pilot.pause()
        assert "pins · 2" in app.shown
        assert "5 T1.0" in app.shown
        assert "6 T1.1" in app.shown
        await pilot.press("x")
        await pilot.pause()
        assert "6 T1.1" not in app.shown
        await pilot.press("x", "x")
        assert app.title_of("#pins") == "pins"


async def test_where_strip_and_pins_share_a_row_a_pin_that_is_not_seen_is_told(tmp_path: Path) -> None:
    async with studio(tmp_path, (80, 24)) as (pilot, app):
        await pilot.press("t", "enter")
        assert "Pinned; t puts the strip away" in app.shown
        await pilot.press("t")
        await pilot.pause()
        assert "pins · 1" in app.shown


async def test_a_problem_is_a_line_and_the_images_stay(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        before = lines(app)[2:20]
        app.answers = False
        await pilot.press("e")
        app.answer(problem="there is no best checkpoint yet")
        await pilot.pause()
        assert "there is no best checkpoint yet" in app.shown
        assert lines(app)[2:20] == before


async def test_images_follow_the_training(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        asked = len(app.asked)
        app.tell(metrics(1, 35))
        await eventually(pilot, lambda: len(app.asked) == asked + 1)


async def test_a_closed_run_is_told(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        app.tell(Ended(step=1234, reason="finished"))
        await pilot.pause()
        assert "The run has ended, so the studio draws no more images." in app.shown


async def test_pictures_are_written_and_their_place_is_told(tmp_path: Path) -> None:
    async with studio(tmp_path, (200, 60)) as (pilot, app):
        await pilot.press("7", "enter", "t", "w")
        await pilot.press("w")
        await pilot.pause()
        one, two = sorted((tmp_path / "studio").iterdir())
        assert two.name in app.shown
        picture = np.asarray(Image.open(one))
        assert picture.shape == (3 * 30 + 2, 15 * 30 + 2)
        assert picture[2:30, 2:30].any()
        np.testing.assert_array_equal(picture[62:90, 2:30], picture[2:30, 2:30])


@pytest.mark.parametrize("what", ["file", "link"])
async def test_a_folder_that_cannot_be_written_is_a_line(tmp_path: Path, what: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if what == "link":
        (tmp_path / "studio").symlink_to(elsewhere)
    else:
        (tmp_path / "studio").write_text("no folder")
    async with studio(tmp_path) as (pilot, app):
        await pilot.press("w")
        await pilot.pause()
        assert "The picture cannot be written" in app.shown
        assert not any(elsewhere.iterdir())


async def test_latents_of_the_map_are_decoded_as_they_are(tmp_path: Path) -> None:
    app = StudioApp(tmp_path)
    code = np.arange(LATENTS, dtype=np.float32) / 4
    app.studio = StudioScreen(app.take, studio=start().at_latents(code, 4), class_names=NAMES, run_path=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        middle = len(app.asked[0].codes) // 2
        np.testing.assert_array_equal(app.asked[0].codes[middle], code)
        assert app.asked[0].space == "latents"
        assert app.asked[0].classes[middle].argmax() == 4
        assert "dimensions 1, 2" in app.title_of("#around")
        await pilot.press("plus")
        assert "Temperature applies to noise" in app.shown
        await pilot.press("s")
        await pilot.pause()
        assert app.asked[-1].space == "noise"


async def test_every_key_is_borne_and_the_help_names_it(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        for key in STUDIO_KEYS:
            for action in key.actions:
                if action.call not in ("close", "help", "choose_any"):
                    await pilot.press(*action.key.split(","))
        await pilot.press("question_mark")
        await pilot.pause()
        for key in STUDIO_KEYS:
            assert key.title in app.shown
        await pilot.press("escape")
        assert app.screen is app.studio


async def test_the_users_own_keys_replace_the_usual_ones_also_in_the_key_lines(tmp_path: Path) -> None:
    app = StudioApp(tmp_path)
    keymap = {"studio_pin": "P", "studio_close": "f10"}
    app.studio = StudioScreen(app.take, studio=start(), class_names=NAMES, run_path=tmp_path, keymap=keymap)
    app.set_keymap(keymap)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("enter", "escape")
        assert app.screen is app.studio
        assert "P pin" in app.shown
        assert not app.studio._exploration.studio.pins
        await pilot.press("P")
        assert len(app.studio._exploration.studio.pins) == 1
        await pilot.press("f10")
        await pilot.pause()
        assert app.screen is not app.studio


async def test_it_closes(tmp_path: Path) -> None:
    async with studio(tmp_path) as (pilot, app):
        for key in ("escape", "g", "q"):
            if app.screen is not app.studio:
                await app.push_screen(StudioScreen(app.take, studio=start(), class_names=NAMES, run_path=tmp_path))
            await pilot.press(key)
            assert len(app.screen_stack) == 1


@pytest.mark.parametrize(("name", "value"), [("TERM", "linux"), ("NO_COLOR", "1")])
async def test_images_need_neither_colours_nor_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    async with studio(tmp_path) as (pilot, app):
        await pilot.press("3")
        await pilot.pause()
        assert sum(line.count("@") for line in lines(app)) > 20


async def test_the_image_can_be_drawn_in_real_pixels(tmp_path: Path) -> None:
    pytest.importorskip("textual_image")
    app = StudioApp(tmp_path)
    app.studio = StudioScreen(app.take, studio=start(), class_names=NAMES, run_path=tmp_path, pixels=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.pause()
        around = 3 * 5
        picture = app.studio.query_one(PixelSheet).children[0]
        shown = np.asarray(picture.image)  # type: ignore[attr-defined]
        np.testing.assert_array_equal(shown, reply(app.asked[-1], 0).images[around // 2])
