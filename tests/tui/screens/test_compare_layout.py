"""The panels of a comparison fill the terminal, and none is cut."""

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size
from vae_tui.tui.screens.compare_layout import SMALLEST, arrange_comparison


@given(st.integers(1, 250), st.integers(1, 90), st.integers(1, 60), st.integers(0, 10), st.integers(1, 15))
def test_panels_fill_the_terminal(width, height, rows, results, images):
    shape = arrange_comparison(Size(width, height), (rows, rows + results), images)
    if width < SMALLEST.width or height < SMALLEST.height:
        assert shape is None
        return
    assert shape is not None
    regions = list(shape.regions.values())
    assert [region.y for region in regions] == [0, regions[0].bottom, regions[1].bottom]
    assert regions[-1].bottom == height - 1
    border = 2 if shape.framed else 1
    assert all(region.width == width and region.height > border for region in regions)
    assert shape.regions["curves"].height >= 7 + border
    assert shape.regions["images"].height >= 4 + border
