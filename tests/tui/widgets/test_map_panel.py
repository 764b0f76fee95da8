import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import SIZES, PanelApp, lines, strips
from rich.color import Color
from vae_tui.core.protocol.events import LatentMap
from vae_tui.tui.widgets.map_panel import COLORS, MapPanel, class_styles

NAMES = tuple("0123456789")

DEFICIENCIES = {
    "none": [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]],
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
"""Of linear sRGB, at full severity (Machado, Oliveira and Fernandes 2009, table 1)."""


def latent_map(points=None, labels=None, step: int = 1250) -> LatentMap:
    """A map of these points, or of a cloud for each of ten classes on a circle."""
    if points is None:
        labels = np.repeat(np.arange(10), 20)
        turn = 2 * np.pi * labels / 10
        points = np.stack([np.cos(turn), np.sin(turn)], axis=1) + np.random.default_rng(0).normal(0, 0.1, (200, 2))
    points = np.asarray(points, np.float32).reshape(-1, 2)
    latents = np.pad(points, ((0, 0), (0, 3)))
    return LatentMap(
        step=step, points=points, labels=np.asarray(labels, np.int32), latents=latents, explained=(0.4, 0.2)
    )


FOUR = latent_map([(-1, 1), (1, 1), (-1, -1), (1, -1)], [1, 2, 3, 4])
"""A point of a class of its own in each corner, the first two above."""


def pointed(app: PanelApp, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The points that the panel of an app says were picked, from now on."""
    picked: list[int] = []
    post = app.panel.post_message

    def note(message):
        if isinstance(message, MapPanel.Pointed):
            picked.append(message.index)
        return post(message)

    monkeypatch.setattr(app.panel, "post_message", note)
    return picked


async def test_before_the_first_map_it_says_what_brings_one():
    async with PanelApp(MapPanel()).run_test(size=(60, 12)) as pilot:
        assert any("no map yet" in line and "evaluation" in line for line in lines(pilot.app))


@pytest.mark.parametrize("size", [(30, 10), (49, 11), (200, 60)])
async def test_every_class_is_on_the_map(size):
    app = PanelApp(MapPanel())
    async with app.run_test(size=size) as pilot:
        app.query_one(MapPanel).show(latent_map(), NAMES)
        await pilot.pause()
        assert set(NAMES) <= set("".join(lines(app)[1:-1]))


async def test_it_bears_any_size_and_any_number_of_points():
    app = PanelApp(MapPanel())
    async with app.run_test(size=(80, 24)) as pilot:
        panel = app.query_one(MapPanel)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            for event in (latent_map(), latent_map([], []), latent_map([(1, 1)], [0])):
                panel.show(event, NAMES)
                panel.move(1, 3)
                await pilot.pause()
                assert [len(line) for line in lines(app)] == [width] * height


async def test_classes_without_a_name_have_their_number():
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(MapPanel).show(FOUR, ())
        await pilot.pause()
        assert {"1", "2", "3", "4"} <= set("".join(lines(app)[1:-1]))


async def test_the_cursor_picks_the_nearest_point_and_says_so_once(monkeypatch):
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        panel = app.query_one(MapPanel)
        panel.show(FOUR, NAMES)
        picked = pointed(app, monkeypatch)
        panel.pick(3)
        for down, across in [(-12, -40), (-1, 0), (0, 40), (40, 0)]:
            panel.move(down, across)
        await pilot.pause()
        assert picked == [3, 0, 1, 3]
        assert panel.picked == 3


async def test_the_first_move_picks_the_point_in_the_middle(monkeypatch):
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        panel = app.query_one(MapPanel)
        panel.show(latent_map([*FOUR.points, (0, 0)], [*FOUR.labels, 5]), NAMES)
        picked = pointed(app, monkeypatch)
        panel.move(0, 1)
        await pilot.pause()
        assert picked == [4]


async def test_a_click_picks_the_point_under_the_mouse(monkeypatch):
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(MapPanel).show(FOUR, NAMES)
        await pilot.pause()
        picked = pointed(app, monkeypatch)
        screen = lines(app)
        y = next(y for y, line in enumerate(screen) if y and "4" in line and "3" in line)
        await pilot.click(offset=(screen[y].index("4"), y))
        assert picked == [3]


async def test_the_point_that_is_picked_stands_out_with_and_without_colours(monkeypatch):
    for colors in (True, False):
        if not colors:
            monkeypatch.setenv("NO_COLOR", "1")
        app = PanelApp(MapPanel())
        async with app.run_test(size=(60, 20)) as pilot:
            panel = app.query_one(MapPanel)
            panel.show(FOUR, NAMES)
            panel.pick(1)
            await pilot.pause()
            (marked,) = [s for strip in strips(app)[1:-1] for s in strip if s.style and s.style.bold and s.text.strip()]
            assert marked.text == "2"
            assert bool(marked.style and marked.style.reverse) is not colors


async def test_the_point_that_is_picked_stays_picked_when_the_points_have_moved():
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        panel = app.query_one(MapPanel)
        panel.show(FOUR, NAMES)
        panel.pick(1)
        panel.show(latent_map(-FOUR.points, FOUR.labels), NAMES)
        await pilot.pause()
        assert panel.picked == 1
        (place,) = [(y, strip.text.index("2")) for y, strip in enumerate(strips(app)[1:-1]) if "2" in strip.text]
        assert place[0] > 9
        assert place[1] < 30


async def test_the_same_map_again_sends_nothing(monkeypatch):
    app = PanelApp(MapPanel())
    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(MapPanel).show(latent_map(), NAMES)
        await pilot.pause()
        refreshed = []
        for tile in app.panel.children:
            monkeypatch.setattr(tile, "refresh", lambda *regions, **_: refreshed.extend(regions))
        app.query_one(MapPanel).show(latent_map(), NAMES)
        assert refreshed == []


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Linear sRGB in the space in which distances are about as one sees them (Ottosson 2020)."""
    cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    lab = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return np.cbrt(np.clip(rgb, 0, 1) @ cones.T) @ lab.T


def linear(color: Color | None) -> np.ndarray:
    assert color is not None
    values = np.array(color.get_truecolor()) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("background", [Color.parse("#121212"), Color.parse("#efefef")])
def test_colours_of_classes_are_told_apart_by_everybody(background):
    styles = class_styles(background, "256")[1::3]
    for name, rows in DEFICIENCIES.items():
        matrix = np.array(rows)
        seen = [oklab(matrix @ linear(style.color)) for style in styles]
        least = min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(seen, 2))
        assert least > (0.11 if name == "none" else 0.05), name
        ground = oklab(matrix @ linear(background))
        assert min(abs(float(color[0] - ground[0])) for color in seen) > 0.25


@given(st.sampled_from(["#000000", "#121212", "#ffffff"]), st.sampled_from(["truecolor", "256", "16", "none"]))
def test_every_class_has_three_weights_at_every_colour_depth(background, colors):
    styles = class_styles(Color.parse(background), colors)
    assert len(styles) == 3 * COLORS
    for few, some, many in zip(styles[::3], styles[1::3], styles[2::3], strict=True):
        assert many != some
        assert many != few
