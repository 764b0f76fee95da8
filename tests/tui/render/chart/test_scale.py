import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.chart.scale import StepScale, ValueScale

scales = st.builds(
    lambda first, length, width: StepScale(first, first + length - 1, width),
    st.integers(1, 10**7),
    st.integers(1, 10**7),
    st.integers(1, 300),
)


@given(scales, st.integers(0, 10**7))
def test_every_step_has_a_column_that_leads_back_to_it(scale, offset):
    step = scale.first + offset % scale.length
    column = scale.column(step)
    assert 0 <= column < scale.width
    assert int(scale.columns(np.array([float(step)]))[0]) == column
    first, last = scale.steps_in(column)
    assert first <= step <= last


@given(scales, st.integers(-50, 350))
def test_every_place_has_a_step(scale, column):
    assert scale.first <= scale.step_at(column + 0.5) <= scale.last


@given(scales, st.integers(0, 10**7), st.integers(-20, 20).filter(bool))
def test_a_cursor_moves_by_columns_and_at_least_by_a_step(scale, offset, columns):
    step = scale.first + offset % scale.length
    moved = scale.moved(step, columns)
    assert (moved - step) * columns > 0
    if scale.length > scale.width and scale.first <= moved <= scale.last:
        assert abs(scale.column(moved) - scale.column(step) - columns) <= 1


@given(scales, st.integers(1, 5))
def test_a_cursor_comes_back_to_where_it_was_in_the_middle_of_a_column(scale, columns):
    if scale.length > 2 * scale.width and scale.width > 20:
        start = scale.moved(scale.moved(scale.first, 7), 1)
        assert scale.moved(scale.moved(start, columns), -columns) == start


def test_values_run_from_the_top_to_the_bottom():
    rows = ValueScale(10.0, 1000.0, True, 40).rows(np.array([1000.0, 100.0, 10.0, 5.0, -1.0]))
    assert rows[0] == 0.5
    assert rows[1] == 20
    assert rows[2] == 39.5
    assert rows[3] > 40
    assert np.isnan(rows[4])
