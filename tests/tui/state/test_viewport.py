import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.chart.axes import round_end
from vae_tui.tui.state.viewport import LEAST, Viewport, axis_end

runs = st.tuples(st.integers(1, 10**6), st.integers(-1, 10**7), st.none() | st.integers(-(10**6), 10**7)).map(
    lambda run: (run[0], run[0] + run[1], None if run[2] is None else run[0] + run[1] + run[2])
)
"""The first and last known step, and the last step of the plan."""
steps = st.integers(-(10**7), 2 * 10**7)
moves = st.one_of(
    st.tuples(st.just("zoom"), st.floats(0.01, 100), steps),
    st.tuples(st.just("pan"), st.integers(-(10**7), 10**7)),
    st.tuples(st.just("show"), steps),
    st.tuples(st.just("next_span")),
)


def moved(view: Viewport, move: tuple, run: tuple[int, int, int | None]) -> Viewport:
    name, *arguments = move
    return view.next_span() if name == "next_span" else getattr(view, name)(*arguments, *run)


@given(runs, st.lists(moves, max_size=8), runs)
def test_it_is_never_empty_and_never_outside_of_the_axis_of_the_run(run, moves, later):
    view = Viewport()
    for move in moves:
        view = moved(view, move, run)
    for first, last, final in (run, later):
        start, end = view.range(first, last, final)
        assert first <= start <= end <= first - 1 + round_end(last - first + 1)
        assert end - start + 1 >= min(LEAST, axis_end(first, last, final) - first + 1)


@given(runs)
def test_at_first_it_shows_the_whole_run_and_grows_with_it(run):
    first, last, final = run
    start, end = Viewport().range(first, last, final)
    assert start == first
    assert end >= last
    assert final is None or end <= max(first, last, final)
    assert Viewport().is_full


@pytest.mark.parametrize(("last", "final", "end"), [(4290, 4290, 4290), (3500, 4290, 4290), (1200, 4290, 1500)])
def test_the_axis_ends_with_the_plan(last, final, end):
    assert Viewport().range(1, last, final) == (1, end)


@given(runs, st.floats(0.1, 10), st.integers(0, 10**7))
def test_zooming_keeps_the_step_in_view_and_changes_the_length(run, factor, offset):
    start, end = Viewport().range(*run)
    around = start + offset % (end - start + 1)
    zoomed = Viewport().zoom(factor, around, *run)
    low, high = zoomed.range(*run)
    assert low <= around <= high
    if factor > 1.2 and end - start + 1 > LEAST:  # a shorter run is shown whole at any zoom
        assert high - low < end - start
    if end - start + 1 <= LEAST:
        assert zoomed.is_full
    if factor <= 1:
        assert zoomed.is_full


def test_zooming_leaves_the_step_where_it_is():
    view = Viewport((2001, 4000)).zoom(4, 2500, 1, 10_000)
    low, high = view.range(1, 10_000)
    assert high - low + 1 == 500
    assert abs((2500 - low) / 500 - 0.25) < 0.01


@given(runs, st.floats(1.1, 20), st.integers(0, 10**7))
def test_zooming_in_and_out_again_comes_back_to_the_whole_run(run, factor, offset):
    start, end = Viewport().range(*run)
    view = Viewport().zoom(factor, start + offset % (end - start + 1), *run)
    for _ in range(400):
        view = view.zoom(1 / factor, start, *run)
    assert view.is_full


def test_every_zoom_has_an_effect_until_the_end():
    view = Viewport((100, 112))
    assert view.zoom(1.01, 105, 1, 1000).range(1, 1000) != (100, 112)
    assert view.zoom(0.99, 105, 1, 1000).range(1, 1000) != (100, 112)


@given(runs, st.integers(-(10**8), 10**8))
def test_panning_keeps_the_length_and_stops_at_the_ends(run, columns):
    start, end = Viewport().range(*run)
    view = Viewport().zoom(3, (start + end) // 2, *run)
    before, after = view.range(*run), view.pan(columns, *run).range(*run)
    assert after[1] - after[0] == before[1] - before[0]
    assert after[0] == min(max(before[0] + columns, start), end - (before[1] - before[0]))


@given(runs, st.integers(0, 10**7))
def test_a_step_that_is_out_of_view_is_scrolled_to(run, offset):
    start, end = Viewport().range(*run)
    step = start + offset % (end - start + 1)
    view = Viewport().zoom(5, start, *run)
    shown = view.show(step, *run)
    low, high = shown.range(*run)
    assert low <= step <= high
    if view.range(*run)[0] <= step <= view.range(*run)[1]:
        assert shown == view


def test_a_fixed_range_stays_while_the_run_goes_on():
    view = Viewport().zoom(4, 500, 1, 1000)
    assert view.range(1, 1000) == view.range(1, 90_000)


def test_the_newest_steps_are_followed_in_few_jumps():
    view = Viewport().next_span()
    ranges = [view.range(1, last) for last in range(3000, 5000)]
    assert all(start <= last <= end for (start, end), last in zip(ranges, range(3000, 5000), strict=True))
    assert all(end - start + 1 == 1000 for start, end in ranges)
    assert len(set(ranges)) <= 12


def test_the_spans_come_in_turn_and_a_fixed_range_leads_back_to_the_whole_run():
    full = Viewport()
    assert full.next_span().recent
    assert full.next_span().next_span() == full
    assert full.zoom(2, 500, 1, 1000).next_span() == full
