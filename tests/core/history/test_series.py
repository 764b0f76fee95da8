"""A series against plain NumPy over all of its values. A small capacity makes it drop values early."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.history import pyramid
from vae_tui.core.history.pyramid import CAPACITY, FANOUT
from vae_tui.core.history.series import DECAY, Series

numbers = st.floats(-1e6, 1e6, width=32) | st.just(math.nan)
capacities = st.sampled_from([16, 20, 64, 100])


@st.composite
def long_values(draw: st.DrawFn, most: int = 12_000) -> np.ndarray:
    """Noise with spikes, single values that are none, and gaps."""
    length = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = rng.normal(100, 5, length).astype(np.float32)
    values[rng.random(length) < draw(st.sampled_from([0, 0.001, 0.5]))] = np.nan
    for _ in range(draw(st.integers(0, 3))):
        values[draw(st.integers(0, length - 1))] = draw(st.sampled_from([-1e6, 1e6, math.inf, -math.inf]))
    start = draw(st.integers(0, length - 1))
    values[start : start + draw(st.sampled_from([0, 0, 40, 3000]))] = np.nan
    return values


@st.composite
def intervals(draw: st.DrawFn, length: int) -> np.ndarray:
    """Ascending edges, some outside of the series."""
    return np.array(sorted(draw(st.lists(st.integers(-50, length + 50), min_size=2, max_size=30))))


def series_of(values: np.ndarray, capacity: int, chunk: int) -> Series:
    series = Series(capacity)
    for start in range(0, len(values), chunk):
        series.append(values[start : start + chunk])
    return series


def extremes(values: np.ndarray) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    return (values.min(), values.max()) if len(values) else (math.nan, math.nan)


def averages_of(values: np.ndarray) -> np.ndarray:
    """The running average after each value, step by step; values that are no number leave it as it was."""
    averages = np.empty(len(values))
    total = weight = 0.0
    for i, value in enumerate(values):
        total, weight = DECAY * total, DECAY * weight
        if np.isfinite(value):
            total, weight = total + float(value), weight + 1
        averages[i] = total / weight if weight else math.nan
    return averages


def block_size(index: int, length: int, capacity: int) -> int:
    """The steps of the largest block that may stand for an index: what the class promises of its age."""
    size = 1
    while index // size < length // size - (capacity - FANOUT):
        size *= FANOUT
    return size


@given(data=st.data(), values=long_values(), capacity=capacities, chunk=st.integers(1, 3000))
def test_an_envelope_misses_nothing_and_takes_in_no_more_than_the_blocks_at_its_edges(data, values, capacity, chunk):
    series = series_of(values, capacity, chunk)
    edges = data.draw(intervals(len(values)))
    lows, highs = series.envelope(edges)
    for low, high, (start, end) in zip(lows, highs, itertools.pairwise(np.clip(edges, 0, len(values))), strict=True):
        if start == end:
            assert np.isnan([low, high]).all()
            continue
        left, right = (block_size(edge, len(values), capacity) for edge in (start, end))
        inner, outer = values[start:end], values[start // left * left : -(-end // right) * right]
        assert np.fmin(low, extremes(inner)[0]) == low or np.isnan(inner).all()
        assert np.fmax(high, extremes(inner)[1]) == high or np.isnan(inner).all()
        assert np.fmin(low, extremes(outer)[0]) == extremes(outer)[0] or np.isnan(low)
        assert np.fmax(high, extremes(outer)[1]) == extremes(outer)[1] or np.isnan(high)
        if start % left == end % right == 0:
            assert np.array_equal((low, high), extremes(inner), equal_nan=True)


@given(values=long_values(), capacity=capacities, chunk=st.integers(1, 3000))
def test_the_newest_values_are_kept_as_they_are(values, capacity, chunk):
    series = series_of(values, capacity, chunk)
    newest = values[max(0, len(values) - (capacity - FANOUT)) :]
    edges = np.arange(len(values) - len(newest), len(values) + 1)
    for found in series.envelope(edges):
        assert np.array_equal(found, newest, equal_nan=True)
    assert np.array_equal(series.last, values[-1], equal_nan=True)


@given(data=st.data(), values=long_values(3000), capacity=capacities, chunk=st.integers(1, 3000), looks=st.booleans())
def test_dropping_values_does_not_change_the_smoothed_ones(data, values, capacity, chunk, looks):
    series = Series(capacity)
    for start in range(0, len(values), chunk):
        series.append(values[start : start + chunk])
        if looks:  # being read in between changes nothing
            series.smoothed(np.array([0, 1]))
    averages = averages_of(values)
    edges = data.draw(intervals(len(values)))
    for found, (start, end) in zip(series.smoothed(edges), itertools.pairwise(edges.clip(0, len(values))), strict=True):
        expected = []
        size = 1
        while start < end and size <= block_size(end - 1, len(values), capacity):
            block = slice((end - 1) // size * size, (end - 1) // size * size + size)
            if block.stop <= len(values):  # it is kept at one of these sizes
                low, high = extremes(values[block])
                expected.append(averages[block.stop - 1] if math.isfinite(low) or low < high else math.nan)
            size *= FANOUT
        assert any(found == pytest.approx(value, rel=1e-5, abs=1e-3, nan_ok=True) for value in expected or [math.nan])


@given(
    values=long_values(),
    new=long_values(400),
    capacity=capacities,
    chunk=st.integers(1, 3000),
    data=st.data(),
)
def test_a_cut_among_the_newest_values_leaves_no_trace(values, new, capacity, chunk, data):
    back = data.draw(st.integers(0, min(len(values), capacity - FANOUT)))
    length = len(values) - back
    cut, plain = series_of(values, capacity, chunk), series_of(values[:length], capacity, chunk)
    cut.truncate(length)
    assert len(cut) == length
    assert np.array_equal(cut.last, plain.last, equal_nan=True)
    for series in (cut, plain):
        series.append(new)
    exact = min(capacity - FANOUT, len(new) + capacity - FANOUT - back, len(cut))
    edges = np.arange(len(cut) - exact, len(cut) + 1)
    np.testing.assert_allclose(cut.smoothed(edges), plain.smoothed(edges), rtol=1e-5, atol=1e-3)
    for ours, theirs in zip(cut.envelope(edges), plain.envelope(edges), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)


@given(
    runs=st.lists(st.tuples(long_values(4000), st.floats(0, 1)), min_size=1, max_size=5),
    capacity=capacities,
    chunk=st.integers(1, 3000),
    data=st.data(),
)
def test_after_cuts_anywhere_no_spike_is_missed(runs, capacity, chunk, data):
    series, values, seen = Series(capacity), np.empty(0, np.float32), [math.nan]
    for new, keep in runs:
        for start in range(0, len(new), chunk):
            series.append(new[start : start + chunk])
        seen += extremes(new)
        cut = int(keep * (len(values) + len(new)))
        series.truncate(cut)
        values = np.concatenate([values, new])[:cut]
        assert len(series) == cut
        edges = data.draw(intervals(cut))
        for low, high, (start, end) in zip(
            *series.envelope(edges), itertools.pairwise(edges.clip(0, cut)), strict=True
        ):
            own_low, own_high = extremes(values[start:end])
            assert np.isnan(own_low) or np.nanmin(seen) <= low <= own_low
            assert np.isnan(own_high) or np.nanmax(seen) >= high >= own_high
    series.append(tail := np.random.default_rng(1).normal(size=400).astype(np.float32))
    newest = tail[len(tail) - (capacity - FANOUT) :]
    for found in series.envelope(np.arange(len(series) - len(newest), len(series) + 1)):
        assert np.array_equal(found, newest)
    # 400 steps on, a number of before weighs 0.95^400 = 1e-9
    weighed = DECAY ** np.arange(400)[::-1] @ tail / (1 / (1 - DECAY))
    assert series.smoothed(np.array([0, len(series)]))[0] == pytest.approx(weighed, abs=0.01)


@given(
    length=st.integers(200, 9000),
    capacity=capacities,
    keep=st.floats(0, 1),
    chunk=st.integers(1, 3000),
    more=st.booleans(),
)
def test_a_cut_reaches_no_further_than_the_block_that_it_goes_through(length, capacity, keep, chunk, more):
    values = np.arange(length, dtype=np.float32)  # so that a value tells its index
    series = series_of(values, capacity, chunk)
    cut = int(keep * length)
    size = block_size(cut, length, capacity)
    series.truncate(cut)
    if more:
        series.append(np.full(3 * size, cut, np.float32))
    lows, highs = series.envelope(np.arange(cut + 1))
    assert (lows <= values[:cut]).all()
    assert (highs >= values[:cut]).all()
    assert (highs < cut // size * size + size).all()
    if cut and not more:
        assert size > 1 or highs.max() == cut - 1
        assert cut // size * size - size <= series.last < cut // size * size + size
        assert series.smoothed(np.array([0, cut]))[0] < cut // size * size + size


def test_smoothing_goes_on_from_a_cut_among_blocks():
    values = np.linspace(100, 200, 5000, dtype=np.float32)
    series = series_of(values, 32, 500)
    series.truncate(1500)
    expected = averages_of(values[:1500])[-1]
    assert series.smoothed(np.array([0, 1500]))[0] == pytest.approx(expected, abs=5)
    series.append(values[1500:1501])
    after = DECAY * expected + (1 - DECAY) * float(values[1500])
    assert series.smoothed(np.array([0, 1501]))[0] == pytest.approx(after, abs=5)


def test_a_cut_to_nothing_begins_anew():
    series = series_of(np.full(5000, 7, np.float32), 32, 500)
    series.truncate(0)
    assert len(series) == 0
    assert math.isnan(series.last)
    assert np.isnan(series.envelope(np.array([0, 10]))).all()
    series.append(np.array([3.0], np.float32))
    assert series.last == series.smoothed(np.array([0, 1]))[0] == 3


def test_a_cut_behind_the_end_changes_nothing():
    series = series_of(np.arange(100, dtype=np.float32), 32, 30)
    series.truncate(100)
    series.truncate(5000)
    assert (len(series), series.last) == (100, 99)


def test_the_values_are_copied():
    values = np.array([1.0, 2.0], np.float32)
    series = Series()
    series.append(values)
    values[:] = 9
    assert series.last == 2


def test_too_small_a_capacity_is_refused():
    with pytest.raises(ValueError, match="at least 16"):
        Series(FANOUT - 1)


def test_memory_stays_flat():
    values = np.zeros(10_000, np.float32)
    held = []
    tracemalloc.start()
    series = Series(1024)
    for _ in range(3):
        for _ in range(10):
            series.append(values)
        series.smoothed(np.array([0, 1]))
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    level = 4 * 4 * 2 * 1024
    assert max(held) < 5.5 * level
    assert held[2] - held[0] < level


@pytest.mark.parametrize(("capacity", "most"), [(64, FANOUT**4), (CAPACITY, FANOUT**5)])
def test_reading_costs_the_same_however_long_the_run(monkeypatch, capacity, most):
    read = 0
    reduce = pyramid._reduce

    def counting(function, values, starts, ends):
        nonlocal read
        read += int((ends - starts).clip(0).sum())
        return reduce(function, values, starts, ends)

    costs = []
    monkeypatch.setattr(pyramid, "_reduce", counting)
    for steps in (FANOUT**3, most):
        series = Series(capacity)
        series.append(np.ones(steps, np.float32))
        read = 0
        series.envelope(np.arange(101) * steps // 100)
        costs.append(read)
    assert costs[1] <= 2 * costs[0] + 100 * 2 * 2 * 2 * FANOUT  # for the levels more, not as many times as much
