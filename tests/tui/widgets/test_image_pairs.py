import dataclasses

import numpy as np
import pytest
from image_panels import NAMES, show
from panels import SIZES, PanelApp, lines, strips
from scripted import digits, sampled
from vae_tui.core.protocol.events import Examples, Reconstructed, Sampled
from vae_tui.tui.widgets.images_panel import ImagesPanel


def real(ink: int | None = None) -> Examples:
    images = digits()[:, :4].copy() if ink is None else np.full((10, 4, 28, 28), ink, np.uint8)
    return Examples(step=0, images=images)


def reconstructed() -> Reconstructed:
    return Reconstructed(step=1225, images=digits()[:, 4:8].copy())


def ink_columns(app: PanelApp, color: int) -> set[int]:
    """The columns in which a colour of the 256 is shown, below the line of words."""
    columns = set()
    for strip in strips(app)[1:]:
        x = 0
        for segment in strip:
            if segment.style and any(c and c.number == color for c in (segment.style.color, segment.style.bgcolor)):
                columns |= set(range(x, x + len(segment.text)))
            x += len(segment.text)
    return columns


async def test_views_take_turns_as_soon_as_there_is_something_to_see():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        await show(app, pilot, sampled(1250))
        assert panel.next_view() == "samples"
        panel.show_examples(real())
        assert [panel.next_view() for _ in range(3)] == ["real", "samples", "real"]
        panel.show_reconstructions(reconstructed())
        assert [panel.next_view() for _ in range(3)] == ["reconstructions", "samples", "real"]


@pytest.mark.parametrize("size", [(49, 11), (38, 17), (74, 16), (146, 31)])
@pytest.mark.parametrize(
    ("view", "words"),
    [("real", "generated │ real, step 1,250"), ("reconstructions", "input │ reconstruction, step 1,225")],
)
async def test_pairs_of_every_class_are_shown_and_named(view, words, size):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=size) as pilot:
        panel = app.query_one(ImagesPanel)
        panel.show_examples(real())
        panel.show_reconstructions(reconstructed())
        panel.view = view
        screen = await show(app, pilot, sampled(1250))
        assert screen[0].startswith(words)
        assert set(NAMES) <= set("".join(screen[1:]))
        assert sum(line.count("│") for line in screen[1:]) >= 10 * 3


@pytest.mark.parametrize(("view", "generated_first"), [("real", True), ("reconstructions", False)])
async def test_real_images_have_their_side_of_the_line_and_their_colour(view, generated_first):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(30, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        one = np.full((1, 1, 28, 28), 255, np.uint8)
        panel.show_examples(Examples(step=0, images=one))
        panel.show_reconstructions(Reconstructed(step=1, images=one))
        panel.view = view
        screen = await show(app, pilot, Sampled(step=1, images=one, source="ema", temperature=0.8), ("0",))
        line = screen[5].index("│")
        white = ink_columns(app, 231)
        assert white
        assert all((column < line) == generated_first for column in white)
        panel.view = "samples"
        await pilot.pause()
        assert "│" not in "".join(lines(app))


async def test_without_colours_a_line_still_tells_real_images_apart(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "vt100")
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        panel.show_examples(real())
        panel.view = "real"
        screen = await show(app, pilot, sampled(1250))
        assert "".join(screen).isascii()
        assert screen[0].startswith("generated | real")
        assert sum(line.count("|") for line in screen[1:]) >= 10 * 3


async def test_images_of_an_earlier_step_stay_and_say_that_they_are_not_live():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        live = await show(app, pilot, sampled(1250))
        panel.show_past(sampled(250))
        await pilot.pause()
        past = lines(app)
        assert past[0].startswith(" step 250, not live ")
        assert past[1:] != live[1:]
        assert "250" in str(panel.border_title)
        assert await show(app, pilot, sampled(1500)) == past
        panel.show_past(None)
        await pilot.pause()
        assert lines(app)[0].startswith("step 1,500, ")
        assert panel.border_title == "images"


async def test_the_view_of_reconstructions_gives_way_to_the_images_of_an_earlier_step():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        panel.show_examples(real())
        panel.show_reconstructions(reconstructed())
        panel.view = "reconstructions"
        await show(app, pilot, sampled(1250))
        panel.show_past(sampled(250))
        await pilot.pause()
        assert lines(app)[0].startswith(" step 250, not live ")
        assert "reconstruction" not in lines(app)[0]
        panel.show_past(None)
        await pilot.pause()
        assert lines(app)[0].startswith("input │ reconstruction")


async def test_the_images_of_a_step_look_the_same_whatever_was_shown_before():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        await show(app, pilot, sampled(1250))
        pictures = []
        for step in (0, 500, 250, 500):
            panel.show_past(sampled(step))
            await pilot.pause()
            pictures.append([strip.text for strip in strips(app)])
        assert pictures[1] == pictures[3]
        assert pictures[1] != pictures[2]


async def test_a_change_that_nobody_sees_sends_nothing_of_the_images(monkeypatch):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        event = sampled(1250)
        await show(app, pilot, event)
        refreshed = []
        for tile in app.panel.children:
            monkeypatch.setattr(tile, "refresh", lambda *regions, **_: refreshed.extend(regions))
        noise = np.random.default_rng(0).integers(-3, 4, event.images.shape)
        images = np.clip(event.images.astype(int) + noise, 0, 255).astype(np.uint8)
        app.query_one(ImagesPanel).show(dataclasses.replace(event, images=images), NAMES)
        assert sum(region.area for region in refreshed) < 0.02 * 74 * 16


@pytest.mark.parametrize("view", ["real", "reconstructions"])
async def test_pairs_bear_any_size(view):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(80, 24)) as pilot:
        panel = app.query_one(ImagesPanel)
        panel.show_examples(real())
        panel.show_reconstructions(reconstructed())
        panel.view = view
        await show(app, pilot, sampled(1250))
        for past in (None, sampled(250)):
            panel.show_past(past)
            for width, height in SIZES:
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                assert [len(line) for line in lines(app)] == [width] * height
