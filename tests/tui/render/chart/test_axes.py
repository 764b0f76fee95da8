import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vae_tui.tui.render.chart.axes import linear_ticks, log_ticks, round_end, short, tick_labels, value_range


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0.0, "0"),
        (0.05, "0.05"),
        (1.0, "1"),
        (120.0, "120"),
        (1000.0, "1k"),
        (1500.0, "1.5k"),
        (20e6, "20M"),
        (2e9, "2G"),
        (0.0002, "2e-4"),
        (0.00015, "1.5e-4"),
        (-250.0, "-250"),
    ],
)
def test_labels_are_short(value, label):
    assert short(value) == label


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(1, 20))
@example(low=1.0, span=2.5, most=1)
def test_linear_ticks_are_few_round_and_inside(low, span, most):
    ticks = linear_ticks(low, low + span, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-5 * span <= tick <= low + 1.00001 * span for tick in ticks)
    for one, next_one in itertools.pairwise(ticks):
        mantissa = (next_one - one) / 10 ** math.floor(math.log10(next_one - one) + 1e-6)
        assert min(abs(mantissa - factor) for factor in range(1, 11)) < 1e-3


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(1, 20))
def test_there_are_at_least_two_ticks(low, span, most):
    assert len(linear_ticks(low, low + span, most)) >= 2


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-2, 1e6), most=st.integers(1, 20))
def test_ticks_are_told_apart_by_their_labels(low, span, most):
    ticks = linear_ticks(low, low + span, most)
    assert len(set(tick_labels(ticks))) == len(ticks)


def test_labels_are_as_long_as_they_must_be():
    assert tick_labels([0.0, 500.0, 1000.0]) == ["0", "500", "1k"]
    assert tick_labels([98.001, 98.002]) == ["98.001", "98.002"]
    assert tick_labels([2_000_110.0, 2_000_120.0]) == ["2,000,110", "2,000,120"]


@given(low=st.floats(1e-6, 1e6), ratio=st.floats(1.01, 1e9), most=st.integers(1, 20))
def test_log_ticks_are_few_and_inside(low, ratio, most):
    ticks = log_ticks(low, low * ratio, most)
    assert 2 <= len(ticks) <= most + 1
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in ticks)


@given(st.integers(0, 10**9))
def test_the_step_axis_reaches_the_last_step_and_at_most_twice_as_far(step):
    end = round_end(step)
    assert step <= end <= max(100, 2 * step)


def test_the_step_axis_moves_seldom():
    assert len({round_end(step) for step in range(1, 100_001)}) < 25


values = st.floats(-(2.0**99), 2.0**99, width=32) | st.just(math.nan) | st.just(math.inf)


@given(values=st.lists(st.tuples(values, values), max_size=50), log=st.booleans())
def test_any_values_have_a_range(values, log):
    pairs = np.array([sorted(pair) for pair in values], np.float32).reshape(-1, 2)
    low, high = value_range(pairs[:, 0], pairs[:, 1], log=log)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    if log:
        assert low > 0


def test_the_first_wild_values_do_not_squeeze_the_rest():
    loss = 100 + 400 * np.exp(-np.arange(1000) / 5)
    low, high = value_range(loss, loss, log=False)
    assert low <= 100
    assert high < 150


def test_a_spike_does_not_squeeze_the_rest_either():
    loss = np.full(200, 100.0) + np.arange(200) % 7
    loss[120] = 10_000
    assert value_range(loss, loss, log=False)[1] < 120


def test_a_range_without_wild_values_holds_them_all():
    loss = np.linspace(80, 130, 100)
    low, high = value_range(loss, loss, log=False)
    assert low <= 80
    assert high >= 130


def test_a_logarithmic_range_holds_all_positive_values():
    loss = np.array([0.002, 5.0, 700.0, -1.0])
    low, high = value_range(loss, loss, log=True)
    assert 0.001 <= low <= 0.002
    assert 700 <= high <= 1000


def test_a_constant_has_room_around_it():
    low, high = value_range(np.full(5, 90.0), np.full(5, 90.0), log=False)
    assert low < 90 < high
    low, high = value_range(np.full(5, 90.0), np.full(5, 90.0), log=True)
    assert low < 90 < high
