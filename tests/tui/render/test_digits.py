import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from vae_tui.tui.render.digits import DOTS, STYLES, draw_picture, margin, resample, sharpen

LEVELS = 4

pictures = st.tuples(st.integers(1, 4), st.integers(1, 6)).flatmap(
    lambda size: arrays.arrays(np.float32, (4 * size[0], 2 * size[1]), elements=st.floats(0, 1, width=32))
)

QUADRANTS = dict(zip(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", range(16), strict=True))


def shown(picture: np.ndarray, style: str, levels: int = LEVELS) -> np.ndarray:
    """The greys of the four quadrants of each cell, as a terminal would show them."""
    cells = draw_picture(picture, style, levels)
    front, back = cells.styles // levels, cells.styles % levels
    mask = np.vectorize(lambda code: QUADRANTS[chr(code)])(cells.glyphs)
    height, width = mask.shape
    greys = np.empty((2 * height, 2 * width), int)
    for quadrant in range(4):
        is_front = (mask >> quadrant) & 1
        greys[quadrant // 2 :: 2, quadrant % 2 :: 2] = np.where(is_front, front, back)
    return greys


@given(pictures)
def test_half_blocks_show_every_pixel_in_its_grey(picture):
    greys = shown(picture, "half-block")
    assert np.array_equal(greys[:, ::2], greys[:, 1::2])
    assert np.array_equal(greys[:, ::2], np.rint(picture * (LEVELS - 1)))


@given(pictures)
def test_quadrants_show_cells_of_two_greys_exactly(picture):
    two = np.where(picture > 0.5, np.float32(1), np.float32(0))
    assert np.array_equal(shown(two, "quadrant"), two * (LEVELS - 1))


@given(pictures)
def test_quadrants_are_at_least_as_close_as_one_grey_a_cell(picture):
    levels = 256  # so many that rounding to greys plays no part
    blocks = picture.reshape(picture.shape[0] // 2, 2, picture.shape[1] // 2, 2)
    plain = np.broadcast_to(blocks.mean(axis=(1, 3), keepdims=True), blocks.shape).reshape(picture.shape)
    error = np.square(shown(picture, "quadrant", levels) / (levels - 1) - picture).sum()
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
    cells = draw_picture(np.zeros((8, 8), np.float32), style, LEVELS)
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


def test_the_margin_is_what_has_no_ink_in_any_picture():
    images = np.zeros((10, 8, 28, 28), np.uint8)
    images[:, :, 6:22, 6:22] = 200
    assert margin(images) == 4
    images[:, :, 3, 3:25] = 200
    assert margin(images) == 3
    images[:, :, 0] = 200
    assert margin(images) == 0
