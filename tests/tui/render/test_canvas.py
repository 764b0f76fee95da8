import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.canvas import DOTS, bars, braille, glyphs, inked, polyline


def rows(canvas: np.ndarray) -> list[str]:
    return ["".join(".#"[dot] for dot in row) for row in canvas.astype(int)]


def text(dots: np.ndarray) -> list[str]:
    return ["".join(map(chr, row)) for row in braille(dots)]


def test_braille_has_a_dot_where_the_canvas_has_one():
    dots = np.zeros((4, 4), bool)
    assert text(dots) == ["⠀⠀"]
    dots[0, 0] = dots[3, 3] = True
    assert text(dots) == ["⠁⢀"]
    assert text(~np.zeros((8, 2), bool)) == ["⣿", "⣿"]


def test_blocks_have_a_quadrant_where_the_canvas_has_a_dot():
    dots = np.array([[1, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 1]], bool)
    assert "".join(map(chr, glyphs(dots, "block")[0])) == "▘█▗"


@pytest.mark.parametrize("symbols", DOTS)
def test_a_cell_is_inked_where_it_has_a_glyph(symbols):
    down, across = DOTS[symbols]
    dots = np.random.default_rng(0).uniform(size=(5 * down, 40 * across)) < 0.1
    picture = glyphs(dots, symbols)
    assert picture.shape == (5, 40)
    assert ((picture != ord(" ")) == inked(dots, symbols)).all()


def test_bars_include_both_ends_and_leave_out_what_is_no_number():
    canvas = bars(np.array([0.0, 1.5, np.nan]), np.array([0.0, 2.5, 3.0]), 4)
    assert rows(canvas) == ["#..", ".#.", ".#.", "..."]


def test_a_line_is_unbroken():
    canvas = polyline(np.array([0.0, 8.0]), np.array([0.5, 7.5]), 8, 8)
    assert canvas.any(axis=0).all()
    assert canvas.any(axis=1).all()


def test_a_steep_line_fills_every_row_it_passes():
    canvas = polyline(np.array([1.0, 1.9]), np.array([0.5, 5.5]), 6, 3)
    assert canvas.any(axis=1).sum() >= 2
    canvas = polyline(np.array([0.0, 1.0]), np.array([0.5, 5.5]), 6, 3)
    assert rows(canvas) == ["#..", "#..", "#..", "#..", "#..", ".#."] or canvas[:, :2].any(axis=1).all()


def test_a_single_point_is_drawn():
    assert polyline(np.array([3.2]), np.array([1.7]), 4, 6).nonzero() == (np.array([1]), np.array([3]))


def test_what_is_no_number_leaves_a_gap():
    x = np.arange(10) + 0.5
    y = np.full(10, 1.5)
    y[5] = np.nan
    assert rows(polyline(x, y, 3, 10))[1] == "#####.####"


@given(
    points=st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50) | st.just(np.nan) | st.just(np.inf)), max_size=20),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
)
def test_lines_stay_on_the_canvas(points, height, width):
    points.sort(key=lambda point: point[0])
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    assert polyline(x, y, height, width).shape == (height, width)
