import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.chart.multiples import GAP, SMALLEST_HEIGHT, SMALLEST_WIDTH, chart_grid, places


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [(17, 74, (2, 2)), (8, 47, (2, 2)), (40, 40, (4, 1)), (8, 146, (1, 4)), (6, 40, None), (30, 20, None)],
)
def test_the_grid_suits_the_space(height, width, shape):
    assert chart_grid(4, height, width) == shape


@given(st.integers(1, 80), st.integers(1, 250))
def test_charts_do_not_touch_and_fill_the_space(height, width):
    if (shape := chart_grid(4, height, width)) is None:
        return
    taken = places(shape, height, width)
    assert len(taken) == 4
    assert max(y + h for y, _, h, _ in taken) == height
    assert max(x + w for _, x, _, w in taken) == width
    for y, x, h, w in taken:
        assert h >= SMALLEST_HEIGHT
        assert w >= SMALLEST_WIDTH
        for other_y, other_x, _, _ in taken:
            assert (
                (other_y, other_x) == (y, x) or other_y >= y + h or other_x >= x + w + GAP or other_y < y or other_x < x
            )
