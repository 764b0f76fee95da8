import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from vae_tui.tui.render.picture_cells import (
    DOTS,
    SETTLED,
    STYLES,
    best_style,
    draw_picture,
    margin,
    resample,
    settle,
    sharpen,
)

LEVELS = 4

pictures = st.tuples(st.integers(1, 4), st.integers(1, 6)).flatmap(
    lambda size: arrays.arrays(np.float32, (12 * size[0], 2 * size[1]), elements=st.floats(0, 1, width=32))
)

QUADRANTS = dict(zip(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", range(16), strict=True))


def sextants(glyph: str) -> int:
    """The sixths that a glyph fills, from the Unicode names of the characters, "BLOCK SEXTANT-135" for one."""
    known = {" ": 0, "█": 63, "▌": 21, "▐": 42}
    if glyph in known:
        return known[glyph]
    return sum(1 << (int(number) - 1) for number in unicodedata.name(glyph).removeprefix("BLOCK SEXTANT-"))


def shown(picture: np.ndarray, style: str, levels: int = LEVELS) -> np.ndarray:
    """The greys of the quadrants or sixths of each cell, as a terminal would show them."""
    cells = draw_picture(picture, style, levels)
    front, back = cells.styles // levels, cells.styles % levels
    read, down = (sextants, 3) if style == "sextant" else (QUADRANTS.__getitem__, 2)
    mask = np.vectorize(lambda code: read(chr(code)))(cells.glyphs)
    height, width = mask.shape
    greys = np.empty((down * height, 2 * width), int)
    for part in range(2 * down):
        is_front = (mask >> part) & 1
        greys[part // 2 :: down, part % 2 :: 2] = np.where(is_front, front, back)
    return greys


@given(pictures)
def test_half_blocks_show_every_pixel_in_its_grey(picture):
    greys = shown(picture, "half-block")
    assert np.array_equal(greys[:, ::2], greys[:, 1::2])
    assert np.array_equal(greys[:, ::2], np.rint(picture * (LEVELS - 1)))


@pytest.mark.parametrize("style", ["quadrant", "sextant"])
@given(picture=pictures)
def test_finer_blocks_show_cells_of_two_greys_exactly(style, picture):
    two = np.where(picture > 0.5, np.float32(1), np.float32(0))
    assert np.array_equal(shown(two, style), two * (LEVELS - 1))


@pytest.mark.parametrize("style", ["quadrant", "sextant"])
@given(picture=pictures)
def test_finer_blocks_are_at_least_as_close_as_one_grey_a_cell(style, picture):
    levels = 256  # so many that rounding to greys plays no part
    down = DOTS[style][0]
    blocks = picture.reshape(picture.shape[0] // down, down, picture.shape[1] // 2, 2)
    plain = np.broadcast_to(blocks.mean(axis=(1, 3), keepdims=True), blocks.shape).reshape(picture.shape)
    error = np.square(shown(picture, style, levels) / (levels - 1) - picture).sum()
    assert error <= np.square(plain - picture).sum() + 0.01 * picture.size


@pytest.mark.parametrize("style", STYLES)
@given(picture=pictures)
def test_every_style_fills_its_cells(style, picture):
    down, across = DOTS[style]
    cells = draw_picture(picture, style, LEVELS)
    assert cells.glyphs.shape == (picture.shape[0] // down, picture.shape[1] // across)
    assert cells.styles.min() >= 0
    assert cells.styles.max() < LEVELS**2


@pytest.mark.parametrize("style", STYLES)
def test_where_there_is_no_ink_there_are_spaces_on_the_background(style):
    cells = draw_picture(np.zeros((12, 8), np.float32), style, LEVELS)
    assert (cells.glyphs == ord(" ")).all()
    assert (cells.styles == 0).all()


def test_ascii_is_ascii_and_denser_where_there_is_more_ink():
    cells = draw_picture(np.linspace(0, 1, 10, dtype=np.float32)[None], "ascii", 2)
    assert "".join(map(chr, cells.glyphs[0])) == " .:-=+*#%@"


def test_two_greys_take_one_run_however_they_alternate():
    picture = np.tile(np.array([[1, 0, 1, 0], [0, 1, 1, 0]], np.float32), (1, 5))
    cells = draw_picture(picture, "half-block", LEVELS)
    assert len(np.unique(cells.styles)) == 1
    assert "".join(map(chr, cells.glyphs[0])) == "▀▄█ " * 5


@given(
    image=arrays.arrays(np.float32, (28, 28), elements=st.floats(0, 1, width=32)),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
)
def test_resizing_keeps_the_mean(image, height, width):
    small = resample(image[None], height, width)
    assert small.shape == (1, height, width)
    assert small.mean() == pytest.approx(image.mean(), abs=1e-4)
    assert small.min() >= image.min() - 1e-5
    assert small.max() <= image.max() + 1e-5


def test_resizing_by_whole_numbers_is_the_mean_of_blocks():
    image = np.random.default_rng(0).random((1, 28, 28), np.float32)
    np.testing.assert_allclose(resample(image, 14, 7)[0], image[0].reshape(14, 2, 7, 4).mean((1, 3)), atol=1e-6)
    np.testing.assert_array_equal(resample(image, 28, 28), image)


def test_sharpening_clears_haze_and_keeps_full_ink():
    for scale in (0.3, 1.0):
        clear, full = sharpen(np.array([[0.03, 1.0]], np.float32), scale)[0]
        assert clear == 0
        assert full == 1


def test_shrinking_keeps_a_narrow_gap_dark():
    image = np.ones((28, 28), np.float32)
    image[12:15, 4:24] = 0
    small = resample(image[None], 8, 8)
    assert sharpen(small, 8 / 28)[0, 3:5, 4].min() < small[0, 3:5, 4].min()
    np.testing.assert_array_equal(sharpen(image[None], 1.0)[0] > 0.5, image > 0.5)


@given(old=pictures, data=st.data())
def test_what_is_settled_is_near_what_it_stands_for(old, data):
    new = data.draw(arrays.arrays(np.float32, old.shape, elements=st.floats(0, 1, width=32)))
    settled = settle(new, settle(old, None))
    assert np.abs(settled - new).max() <= 0.95 / (SETTLED - 1)
    np.testing.assert_array_equal(settle(new, settled), settled)


def test_a_pixel_keeps_its_grey_until_it_is_clearly_nearer_to_another():
    step = np.float32(1 / (SETTLED - 1))
    shown = settle(np.full((1, 1), 2 * step, np.float32), None)
    assert settle(shown + np.float32(0.8) * step, shown) == shown
    assert settle(shown + step, shown) == pytest.approx(3 * step)


@given(pictures)
def test_black_and_white_are_settled_whatever_was_shown(picture):
    old = settle(picture, None)
    for value in (0, 1):
        np.testing.assert_array_equal(settle(np.full_like(picture, value), old), value)


def test_the_best_style_is_finer_where_images_are_very_small():
    assert best_style(STYLES, 14, 28, "xterm-256color") == "half-block"
    assert best_style(STYLES, 5, 22, "xterm-256color") == "quadrant"
    assert best_style(STYLES, 5, 22, "xterm-kitty") == "sextant"
    assert best_style(("ascii", "braille"), 5, 22, "xterm-kitty") == "ascii"


def test_the_margin_is_what_has_no_ink_in_any_picture():
    images = np.zeros((10, 8, 28, 28), np.uint8)
    images[:, :, 6:22, 6:22] = 200
    assert margin(images) == 4
    images[:, :, 3, 3:25] = 200
    assert margin(images) == 3
    images[:, :, 0] = 200
    assert margin(images) == 0
