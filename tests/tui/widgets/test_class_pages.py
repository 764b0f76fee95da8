"""More classes than stay legible are on pages, and images of any shape have their place there."""

from __future__ import annotations

import numpy as np
import pytest
from colored import CHARACTERS, THINGS, color_images, many_classes
from hypothesis import given
from hypothesis import strategies as st
from image_panels import show
from panels import SIZES, PanelApp, lines
from rich.color import ColorType
from vae_tui.core.protocol.events import Examples, Sampled
from vae_tui.tui.render.cells import COLORED
from vae_tui.tui.widgets.class_pages import ClassPages
from vae_tui.tui.widgets.images_panel import ImagesPanel


def drawn(images: np.ndarray, label: int | None = None) -> Sampled:
    requested = label is not None
    return Sampled(step=1, images=images, source="ema", temperature=0.8, requested=requested, label=label)


@given(st.integers(1, 1000), st.integers(1, 100), st.integers(0, 2000))
def test_the_pages_show_every_class_once_and_begin_anew_after_the_last(classes: int, on_page: int, shown: int):
    pages = ClassPages(shown, on_page, classes)
    first = pages.labels
    seen: list[int] = []
    for _ in range(pages.number):
        seen += pages.labels
        pages.turn(1)
    assert sorted(seen) == list(range(classes))
    assert pages.labels == first
    pages.turn(1)
    pages.turn(-1)
    assert pages.labels == first


@pytest.mark.parametrize("size", [(74, 16), (49, 11), (100, 20)])
async def test_the_panel_names_every_class_on_one_page(size: tuple[int, int]):
    app = PanelApp(ImagesPanel())
    names = tuple(f"<{label}>" for label in range(len(CHARACTERS)))
    async with app.run_test(size=size) as pilot:
        text = "".join(await show(app, pilot, drawn(np.zeros((62, 2, 28, 28), np.uint8)), names))
        panel = app.query_one(ImagesPanel)
        assert panel.has_pages
        seen = [name for name in names if name in text]
        assert panel.border_title == f"images · classes 1-{len(seen)} of 62"
        while True:
            panel.turn_page(1)
            await pilot.pause()
            text = "".join(lines(app))
            page = [name for name in names if name in text]
            if page[0] == names[0]:
                break
            seen += page
        assert seen == list(names)


async def test_a_class_that_was_asked_for_is_on_the_page():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        text = "".join(await show(app, pilot, drawn(many_classes(), CHARACTERS.index("Q")), CHARACTERS))
        assert "Q" in text
        assert app.query_one(ImagesPanel).border_title != "images"


async def test_ten_classes_are_on_one_page_however_small():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(49, 11)) as pilot:
        await show(app, pilot, drawn(np.zeros((10, 8, 28, 28), np.uint8)))
        panel = app.query_one(ImagesPanel)
        assert not panel.has_pages
        assert panel.border_title == "images"


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (64, 64, 3), (1, 64), (64, 1, 3), (32, 48, 3), (3, 3)])
async def test_it_bears_images_of_any_shape_in_any_size(shape: tuple[int, ...]):
    app = PanelApp(ImagesPanel())
    images = np.full((30, 3, *shape), 200, np.uint8)
    async with app.run_test(size=(80, 24)) as pilot:
        panel = app.query_one(ImagesPanel)
        panel.show_examples(Examples(step=1, images=images[:, :2]))
        for panel.view in ("samples", "real"):
            await show(app, pilot, drawn(images), tuple(f"class {index} [/b] 🐱" for index in range(30)))
            for width, height in SIZES:
                cells = panel.draw(height, width)
                assert cells.glyphs.shape == (height, width)
                if (width, height) == (77, 13):
                    assert len(np.unique(cells.styles)) > 1, "there are images"


@pytest.mark.parametrize(("colorterm", "is_short"), [("truecolor", False), ("", True)])
async def test_color_images_are_in_color(monkeypatch: pytest.MonkeyPatch, colorterm: str, is_short: bool):
    monkeypatch.setenv("COLORTERM", colorterm)
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, drawn(color_images(12, 2)), THINGS)
        panel = app.query_one(ImagesPanel)
        assert panel.draw(16, 74).styles.max() >= COLORED
        styles = [segment.style for strip in app.screen._compositor.render_strips()[2:] for segment in strip]
        found = [style.bgcolor for style in styles if style and style.bgcolor]
        assert all(color.type == ColorType.EIGHT_BIT for color in found) == is_short
        assert any(len(set(color.triplet)) == 3 for color in found if color.triplet)


@pytest.mark.parametrize("setting", [("TERM", "xterm"), ("NO_COLOR", "1")])
async def test_with_few_colors_color_images_are_gray(monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str]):
    monkeypatch.setenv("COLORTERM", "")
    monkeypatch.setenv(*setting)
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, drawn(color_images(12, 2)), THINGS)
        cells = app.query_one(ImagesPanel).draw(16, 74)
        assert cells.styles.max() < COLORED
        assert len(np.unique(cells.glyphs)) > 30, "names and pictures"


async def test_names_are_cut_to_their_picture_and_are_no_markup():
    names = ("[/red] [b]", "🐱 cat and a half", "数学の名前がとても長い")
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(36, 12)) as pilot:
        await show(app, pilot, drawn(color_images(3, 1)), names)
        text = "\n".join(lines(app))
        assert "[/red] [b]" in text
        assert "🐱 cat" in text
        assert "数学" in text.replace(" ", ""), "wide characters may move, but none is lost"
        assert "…" in text
