"""Color pictures show their colors, in as many as the terminal has."""

from __future__ import annotations

import numpy as np
import pytest
from colored import color_images
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.color import Color, ColorType
from rich.style import Style
from vae_tui.tui.render.capabilities import Capabilities
from vae_tui.tui.render.cells import COLORED, SPACE, Cells, StyleTable, render_strip
from vae_tui.tui.render.color_cells import draw_color_picture
from vae_tui.tui.render.palette import COLOR_LEVELS, COLORS, color_numbers, color_pair
from vae_tui.tui.render.picture_cells import BLOCKS, DOTS, STYLES
from vae_tui.tui.render.pixels import draws_colors, intensities, shrink
from vae_tui.tui.render.sheet import PictureSheet, Tile

pictures = st.tuples(st.integers(1, 3), st.integers(1, 5)).flatmap(
    lambda size: arrays.arrays(np.float32, (3, 6 * size[0], 2 * size[1]), elements=st.floats(0, 1, width=32))
)

COARSE = 255 / (COLOR_LEVELS - 1) / 2 + 5
"""How far a channel may be from what it stands for: half a level, and what shorter colors may differ."""

SHOWN = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
"""Whether the upper and the lower half of each half-block are in the foreground."""


def drawn(picture: np.ndarray, style: str = "half-block", colors: str = "truecolor") -> Cells:
    down, across = DOTS[style]
    inside = np.ones((picture.shape[1] // down, picture.shape[2] // across), bool)
    return draw_color_picture(picture, inside, style, colors)  # type: ignore[arg-type]


def triplet(color: Color | None) -> tuple[int, ...]:
    return tuple(color.triplet) if color and color.triplet else (0, 0, 0)


def seen(cells: Cells) -> np.ndarray:
    """The colors of the half-blocks on the screen, [2 * height, width, 3]."""
    height, width = cells.glyphs.shape
    screen = np.zeros((2 * height, width, 3))
    for y, x in np.ndindex(height, width):
        style = color_pair(int(cells.styles[y, x]) - COLORED)
        for half, is_front in enumerate(SHOWN[chr(cells.glyphs[y, x])]):
            screen[2 * y + half, x] = triplet(style.color if is_front else style.bgcolor)
    return screen


@given(pictures)
def test_half_blocks_show_every_pixel_in_its_color(picture: np.ndarray) -> None:
    assert np.abs(seen(drawn(picture)) - 255 * np.moveaxis(picture, 0, -1)).max() <= COARSE


@pytest.mark.parametrize("colors", ["truecolor", "256"])
@pytest.mark.parametrize("style", BLOCKS)
@given(picture=pictures)
def test_every_style_fills_its_cells(style: str, colors: str, picture: np.ndarray) -> None:
    down, across = DOTS[style]
    cells = drawn(picture, style, colors)
    assert cells.glyphs.shape == (picture.shape[1] // down, picture.shape[2] // across)
    assert cells.styles.min() >= COLORED
    assert cells.styles.max() < COLORED + COLORS**2


@pytest.mark.parametrize("style", BLOCKS)
def test_the_mean_color_is_kept(style: str) -> None:
    image = color_images(1, 1, 24, 24)[0, 0]
    picture = np.moveaxis(image / np.float32(255), -1, 0)
    cells = drawn(picture, style)
    pairs = [color_pair(int(number) - COLORED) for number in cells.styles.ravel()]
    bits = {"sextant": 6}.get(style, 4)
    share = [_share(chr(code), bits) for code in cells.glyphs.ravel()]
    mean = np.mean(
        [
            part * np.array(triplet(pair.color)) + (1 - part) * np.array(triplet(pair.bgcolor))
            for part, pair in zip(share, pairs, strict=True)
        ],
        axis=0,
    )
    assert np.abs(mean - image.mean(axis=(0, 1))).max() <= COARSE


def _share(glyph: str, parts: int) -> float:
    """The share of a cell that a block fills."""
    quadrants = dict(zip(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", range(16), strict=True))
    if glyph in quadrants:
        return quadrants[glyph].bit_count() / 4
    mask = ord(glyph) - 0x1FB00 + 1
    mask += mask >= 21
    mask += mask >= 42
    return mask.bit_count() / parts


@given(st.integers(0, COLORS - 1))
def test_every_color_has_one_of_the_256_beside_it_that_is_sent_short(number: int) -> None:
    levels = np.array([number // COLOR_LEVELS**2, number // COLOR_LEVELS % COLOR_LEVELS, number % COLOR_LEVELS])
    (short,) = color_numbers(levels[:, None, None].astype(np.int32), "256").ravel().tolist()
    color = color_pair(COLORS * 0 + short).bgcolor
    assert color is not None
    assert color.type == ColorType.EIGHT_BIT
    assert np.abs(np.array(triplet(color)) - levels * 255 / 31).max() <= 48
    again = np.array([short // COLOR_LEVELS**2, short // COLOR_LEVELS % COLOR_LEVELS, short % COLOR_LEVELS])
    assert color_numbers(again[:, None, None].astype(np.int32), "256").item() == short


@given(arrays.arrays(np.uint8, (1, 6, 6)))
def test_gray_in_three_channels_is_drawn_as_gray(image: np.ndarray) -> None:
    colored = np.repeat(image[..., None], 3, axis=-1)
    for red, green, blue in seen(drawn(intensities(colored, 1, in_color=True, dark=True)[0])).reshape(-1, 3):
        assert red == green == blue
    np.testing.assert_allclose(
        intensities(colored, 1, in_color=False, dark=True), intensities(image, 1, in_color=False, dark=True), atol=1e-6
    )


def test_without_colors_what_is_light_stays_light_and_what_is_missing_stays_empty() -> None:
    images = np.stack([np.full((2, 2, 3), value, np.uint8) for value in (0, 1, 250)])
    on_dark, on_light = (intensities(images, 1, in_color=False, dark=dark)[:, 0, 0] for dark in (True, False))
    assert on_dark[0] == 0
    assert on_dark[1] < on_dark[2]
    assert on_light[0] == 0
    assert on_light[1] > on_light[2]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("colors", ["truecolor", "256", "16", "none"])
def test_colors_are_drawn_in_blocks_where_there_are_256(style: str, colors: str) -> None:
    terminal = Capabilities(colors, unicode=True)  # type: ignore[arg-type]
    assert draws_colors(terminal, style) == (style in BLOCKS and colors in ("truecolor", "256"))
    assert not draws_colors(Capabilities(colors, unicode=False), style)  # type: ignore[arg-type]


@given(
    sides=st.tuples(st.integers(1, 64), st.integers(1, 64)),
    cells=st.tuples(st.integers(1, 8), st.integers(1, 12)),
    place=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    style=st.sampled_from(STYLES),
    in_color=st.booleans(),
)
def test_a_sheet_draws_pictures_of_any_shape_in_the_asked_cells(
    sides: tuple[int, int], cells: tuple[int, int], place: tuple[int, int], style: str, in_color: bool
) -> None:
    in_color = in_color and style in BLOCKS
    image = np.full((*sides, 3) if in_color else sides, 255, np.uint8)
    down, across = DOTS[style]
    pixels = intensities(image[None], 1, in_color=in_color, dark=True)
    pixels = shrink(pixels, cells[0] * down, cells[1] * across, in_color=in_color)[0]
    drawing = PictureSheet().draw(12, 16, [Tile(*place, pixels)], style, colors="truecolor", levels=6, first_style=3)
    assert drawing.glyphs.shape == (12, 16)
    inked = (drawing.glyphs != SPACE) | (drawing.styles >= COLORED)
    expected = np.zeros((12, 16), bool)
    expected[place[0] : place[0] + cells[0], place[1] : place[1] + cells[1]] = True
    np.testing.assert_array_equal(inked, expected)


def test_runs_of_one_pair_of_colors_are_one_segment() -> None:
    picture = np.zeros((3, 2, 10), np.float32)
    picture[0, ::2], picture[1, 1::2] = 1, 1
    strip = render_strip(drawn(picture), 0, StyleTable([Style()]))
    (segment,) = strip
    assert segment.text == "▀" * 10 or segment.text == "▄" * 10
