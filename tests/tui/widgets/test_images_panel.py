import pytest
from image_panels import NAMES, blank, colors, show
from panels import SIZES, PanelApp, lines, strips
from rich.color import ColorType
from scripted import sampled
from vae_tui.core.protocol.events import Sampled
from vae_tui.tui.widgets.images_panel import ImagesPanel


async def test_before_the_first_picture_it_says_so():
    async with PanelApp(ImagesPanel()).run_test(size=(60, 16)) as pilot:
        assert any("Images that the model draws" in line for line in lines(pilot.app))


async def test_it_says_what_one_sees():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        assert (await show(app, pilot, sampled(1250)))[0].rstrip() == "step 1,250, EMA parameters, temperature 0.8"


@pytest.mark.parametrize("size", [(49, 11), (38, 17), (74, 16), (56, 34), (95, 54), (146, 31)])
async def test_all_ten_classes_are_shown_with_their_names(size):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=size) as pilot:
        text = "".join((await show(app, pilot, sampled(1250)))[1:])
        assert set(NAMES) <= set(text)


async def test_a_size_that_changes_by_a_cell_is_another_picture():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, sampled(1250))
        panel = app.query_one(ImagesPanel)
        for height in range(10, 40, 9):
            for width in (*range(80, 100), *range(100, 80, -3)):
                assert panel.draw(height, width).glyphs.shape == (height, width)


async def test_an_image_is_where_its_class_is():
    event = blank(10)
    event.images[3] = 255
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(146, 31)) as pilot:
        screen = await show(app, pilot, event)
        y, x = next((y, line.index("3")) for y, line in enumerate(screen) if y and "3" in line)
        inked = [(row, column) for row, line in enumerate(screen) for column, glyph in enumerate(line) if glyph == "█"]
        assert inked
        assert {row for row, _ in inked} == set(range(y, y + 14))
        assert all(x <= column < x + 28 for _, column in inked)


async def test_after_a_class_was_asked_for_its_name_stands_out():
    app = PanelApp(ImagesPanel())

    async def marked(pilot, event: Sampled) -> list[str]:
        await show(app, pilot, event)
        return [s.text for strip in strips(app) for s in strip if s.style and s.style.bold and s.text.strip()]

    async with app.run_test(size=(74, 16)) as pilot:
        assert await marked(pilot, sampled(1250)) == []
        assert await marked(pilot, sampled(1250, requested=True, label=7)) == ["7"]
        assert await marked(pilot, sampled(1250, requested=True)) == list(NAMES)


async def test_styles_take_turns_and_each_draws_another_picture():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        panel = app.query_one(ImagesPanel)
        pictures = ["".join(await show(app, pilot, sampled(1250)))]
        assert set("▀▄") <= set(pictures[0])
        names = []
        for _ in range(5):
            names.append(panel.next_style())
            await pilot.pause()
            pictures.append("".join(lines(app)))
        assert names == ["quadrant", "sextant", "braille", "ascii", "half-block"]
        assert len(set(pictures[:5])) == 5
        assert pictures[5] == pictures[0]
        assert pictures[4].isascii()


async def test_very_small_images_are_drawn_in_quadrants():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(49, 11)) as pilot:
        assert set("▌▐▛▜") & set("".join(await show(app, pilot, sampled(1250))))


async def test_without_colours_images_are_ascii_or_braille(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        assert "".join(await show(app, pilot, sampled(1250))).isascii()
        panel = app.query_one(ImagesPanel)
        assert [panel.next_style(), panel.next_style()] == ["braille", "ascii"]


async def test_without_unicode_images_are_ascii(monkeypatch):
    monkeypatch.setenv("TERM", "vt100")
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        assert "".join(await show(app, pilot, sampled(1250))).isascii()
        assert app.query_one(ImagesPanel).next_style() == "ascii"


@pytest.mark.parametrize(
    ("term", "colorterm", "least"), [("xterm-256color", "truecolor", 6), ("xterm-256color", "", 6), ("xterm", "", 4)]
)
async def test_every_colour_depth_has_several_greys(monkeypatch, term, colorterm, least):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLORTERM", colorterm)
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, sampled(1250))
        system = app.console._color_system
        assert system is not None
        assert len({color.downgrade(system).get_ansi_codes() for color in colors(app)}) >= least
        assert all(color.type != ColorType.TRUECOLOR for color in colors(app))


async def test_ink_is_light_on_dark_and_dark_on_light():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, sampled(1250))
        for theme, ink in (("textual-dark", 231), ("textual-light", 16)):
            app.theme = theme
            await pilot.pause()
            assert ink in {color.number for color in colors(app)}


async def test_long_names_stand_above_the_images():
    names = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 18)) as pilot:
        text = "\n".join(await show(app, pilot, sampled(1250), names))
        assert all(name in text for name in names)


async def test_classes_without_a_name_have_their_number():
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        assert set(NAMES) <= set("".join((await show(app, pilot, sampled(1250), ()))[1:]))


@pytest.mark.parametrize(("classes", "images"), [(1, 1), (10, 8), (47, 8), (62, 1), (0, 0), (10, 0)])
async def test_it_bears_any_size_and_any_number_of_classes(classes, images):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(80, 24)) as pilot:
        await show(app, pilot, blank(classes, images), tuple(f"class {index}" for index in range(classes)))
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert [len(line) for line in lines(app)] == [width] * height


async def test_the_same_picture_again_sends_nothing(monkeypatch):
    app = PanelApp(ImagesPanel())
    async with app.run_test(size=(74, 16)) as pilot:
        await show(app, pilot, sampled(1250))
        refreshed = []
        for tile in app.panel.children:
            monkeypatch.setattr(tile, "refresh", lambda *regions, **_: refreshed.extend(regions))
        app.query_one(ImagesPanel).show(sampled(1250), NAMES)
        assert refreshed == []
