import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.history.history import EVALUATIONS, History
from vae_tui.core.history.series import DECAY
from vae_tui.core.protocol.events import Evaluated, Metrics, Notice, Rewound


def metrics(first_step: int, loss: np.ndarray) -> Metrics:
    loss = np.asarray(loss, np.float32)
    return Metrics(
        step=first_step + len(loss) - 1,
        first_step=first_step,
        seconds=0.1,
        loss=loss,
        reconstruction=loss * np.float32(0.8),
        kl=loss * np.float32(0.2),
        grad_norm=loss,
        learning_rate=loss,
    )


def evaluated(step: int, loss: float = 1.0) -> Evaluated:
    return Evaluated(step=step, split="validation", loss=loss, reconstruction=loss, kl=0.0)


def history_of(values: np.ndarray, chunk: int = 1000, first_step: int = 1, **options: int) -> History:
    history = History(**options)
    for start in range(0, len(values), chunk):
        history.add(metrics(first_step + start, values[start : start + chunk]))
    return history


numbers = st.floats(-1e6, 1e6, width=32) | st.just(math.nan)


@given(
    values=st.lists(numbers, min_size=1, max_size=700),
    chunk=st.integers(1, 300),
    first=st.integers(-20, 700),
    span=st.integers(1, 900),
    columns=st.integers(1, 60),
)
def test_envelope_is_the_minimum_and_maximum_of_each_part(values, chunk, first, span, columns):
    values = np.asarray(values, np.float32)
    history = history_of(values, chunk)
    low, high = history.envelope("loss", first, first + span - 1, columns)
    edges = first - 1 + np.arange(columns + 1) * span // columns
    for column, (start, end) in enumerate(itertools.pairwise(edges)):
        part = values[max(0, start) : max(0, end)]
        part = part[~np.isnan(part)]
        assert np.array_equal(low[column], part.min() if len(part) else np.nan, equal_nan=True)
        assert np.array_equal(high[column], part.max() if len(part) else np.nan, equal_nan=True)


@pytest.mark.parametrize("step", [1, 17, 65_536, 99_999, 100_000])
def test_a_spike_of_one_step_shows_at_any_zoom(step):
    values = np.full(100_000, 100, np.float32)
    values[step - 1] = 900
    history = history_of(values)
    for columns in (1, 7, 150):
        _, high = history.envelope("loss", 1, 100_000, columns)
        assert (high == 900).sum() == 1


@given(
    values=st.lists(numbers, min_size=1, max_size=400),
    chunk=st.integers(1, 300),
    looks=st.booleans(),
)
def test_smoothing_is_the_weighted_mean_of_the_steps_and_skips_what_is_no_number(values, chunk, looks):
    history = History()
    for start in range(0, len(values), chunk):
        history.add(metrics(1 + start, values[start : start + chunk]))
        if looks:  # being read in between changes nothing
            history.last_smoothed("loss")
    smoothed = history.smoothed("loss", 1, len(values), len(values))
    total = weight = 0.0
    for value, average in zip(np.asarray(values, np.float32), smoothed, strict=True):
        total, weight = DECAY * total, DECAY * weight
        if np.isnan(value):
            assert np.isnan(average)
            continue
        total, weight = total + float(value), weight + 1
        assert average == pytest.approx(total / weight, rel=1e-4, abs=1e-2)


def test_smoothing_looks_the_same_at_every_zoom():
    values = np.random.default_rng(0).normal(100, 5, 4000)
    history = history_of(values)
    every_step = history.smoothed("loss", 1, 4000, 4000)
    assert np.array_equal(history.smoothed("loss", 1, 4000, 40), every_step[99::100])


def test_an_infinite_value_shows_in_the_envelope_but_not_in_the_smoothed_curve():
    history = history_of(np.array([1, 1, math.inf, 1]))
    _, high = history.envelope("loss", 1, 4, 1)
    assert high[0] == math.inf
    assert history.last_smoothed("loss") == 1


@given(cut=st.integers(1, 1000), chunk=st.integers(1, 400), looks=st.booleans())
def test_a_run_that_goes_back_replaces_what_came_after(cut, chunk, looks):
    rng = np.random.default_rng(cut)
    old, new = rng.normal(size=1000).astype(np.float32), rng.normal(size=300).astype(np.float32)
    history = history_of(old, chunk)
    for step in (cut - 1, cut, 1000):
        history.add(evaluated(step, loss=step))
    if looks:
        history.envelope("loss", 1, 1000, 3)
        history.last_smoothed("loss")
    history.add(metrics(cut, new))
    expected = history_of(np.concatenate([old[: cut - 1], new]), 77)
    assert history.last_step == expected.last_step == cut + 299
    for ours, theirs in zip(history.envelope("loss", 1, 1300, 5), expected.envelope("loss", 1, 1300, 5), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)
    np.testing.assert_allclose(
        history.smoothed("loss", 1, 1300, 50), expected.smoothed("loss", 1, 1300, 50), rtol=1e-5, atol=1e-5
    )
    assert [event.step for event in history.evaluations()] == [cut - 1]


@given(to=st.integers(0, 1000), chunk=st.integers(1, 400), looks=st.booleans(), goes_on=st.booleans())
def test_after_a_rewind_nothing_is_left_of_what_came_after(to, chunk, looks, goes_on):
    rng = np.random.default_rng(to)
    old, new = rng.normal(size=1000).astype(np.float32), rng.normal(size=100).astype(np.float32)
    history, expected = history_of(old, chunk), history_of(old[:to], chunk)
    for step in (to, to + 1, 1001):
        history.add(evaluated(step, loss=step))
    if looks:
        history.envelope("loss", 1, 1000, 3)
        history.last_smoothed("loss")
    version = history.version
    history.add(Rewound(step=to, from_step=1000))
    assert history.version > version
    if goes_on:
        history.add(metrics(to + 1, new))
        expected.add(metrics(to + 1, new))
    assert (history.first_step, history.last_step) == (1, to + 100 * goes_on)
    for ours, theirs in zip(history.envelope("kl", 1, 1100, 7), expected.envelope("kl", 1, 1100, 7), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)
    assert history.last("loss") == pytest.approx(expected.last("loss"), nan_ok=True)
    assert [event.step for event in history.evaluations()] == [to]


def test_a_rewind_to_before_what_is_known_leaves_nothing():
    history = history_of(np.arange(5001, 5101), first_step=5001)
    history.add(evaluated(5050))
    history.add(Rewound(step=4000, from_step=5100))
    assert history.last_step == 4000
    assert history.last_step < history.first_step
    assert history.evaluations() == []
    history.add(metrics(4001, np.ones(10)))
    assert (history.first_step, history.last_step) == (4001, 4010)


def test_a_run_whose_past_is_missing_begins_where_it_is_known():
    history = history_of(np.arange(5001, 5101), first_step=5001)
    assert (history.first_step, history.last_step) == (5001, 5100)
    low, high = history.envelope("loss", 5001, 5100, 2)
    assert low.tolist() == [5001, 5051]
    assert high.tolist() == [5050, 5100]
    history.add(metrics(10, np.array([1.0])))
    assert (history.first_step, history.last_step) == (10, 10)


def test_steps_that_were_never_told_are_a_gap():
    history = history_of(np.ones(10))
    history.add(metrics(21, np.ones(10)))
    low, _ = history.envelope("loss", 1, 30, 3)
    assert np.isnan(low).tolist() == [False, True, False]
    assert history.last_step == 30


def test_behind_a_gap_that_no_run_leaves_the_history_begins_anew():
    history = history_of(np.array([1, 2, 3], np.float32))
    history.add(metrics(2**52, np.array([7, 5], np.float32)))
    assert (history.first_step, history.last_step, history.last("loss")) == (2**52, 2**52 + 1, 5.0)
    low, high = history.envelope("loss", 2**52, 2**52 + 1, 2)
    np.testing.assert_array_equal([low, high], [[7.0, 5.0], [7.0, 5.0]])


def test_before_the_first_step_there_is_nothing():
    history = History()
    assert history.last_step < history.first_step
    assert math.isnan(history.last("loss"))
    assert math.isnan(history.last_smoothed("kl"))
    assert np.isnan(history.envelope("loss", 1, 10, 4)).all()
    assert np.isnan(history.smoothed("loss", 1, 10, 4)).all()
    assert history.evaluations() == []


def test_every_metric_is_kept_apart():
    history = history_of(np.array([10.0, 20.0]))
    assert history.last("loss") == 20
    assert history.last("reconstruction") == pytest.approx(16)
    assert history.last("kl") == pytest.approx(4)


def test_validation_evaluations_are_kept_and_the_later_one_of_a_step_holds():
    history = History()
    for event in (evaluated(10, 3.0), evaluated(20, 2.0), evaluated(20, 1.5)):
        history.add(event)
    history.add(Evaluated(step=20, split="test", loss=9.0, reconstruction=9.0, kl=0.0))
    assert [(event.step, event.loss) for event in history.evaluations()] == [(10, 3.0), (20, 1.5)]


def test_of_very_many_evaluations_an_even_part_is_kept_with_the_best_and_the_newest():
    losses = np.random.default_rng(0).normal(100, 5, 5 * EVALUATIONS)
    history = history_of(np.ones(35 * len(losses)), chunk=35 * len(losses))
    losses[777] = 1
    losses[9000] = math.nan
    for i, loss in enumerate(losses):
        history.add(evaluated(35 * (i + 1), loss=loss))
        assert history.evaluations()[-1].step == 35 * (i + 1)
    known = history.evaluations()
    assert EVALUATIONS // 4 <= len(known) <= EVALUATIONS
    assert min(event.loss for event in known if not math.isnan(event.loss)) == 1
    steps = np.array([0, *(event.step for event in known)])
    gaps = np.diff(steps)
    assert gaps.min() > 0
    assert gaps.max() <= 4 * 35 * len(losses) / EVALUATIONS
    history.add(Rewound(step=35 * EVALUATIONS, from_step=int(steps[-1])))
    assert history.evaluations() == [event for event in known if event.step <= 35 * EVALUATIONS]


@given(
    steps=st.lists(st.integers(1, 9), min_size=1, max_size=4 * 16),
    losses=st.randoms(use_true_random=False),
)
def test_thinning_out_keeps_the_best_and_the_newest_of_any_evaluations(steps, losses):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vae_tui.core.history.history.EVALUATIONS", 8)
        history, best = History(), math.inf
        for step in itertools.accumulate(steps):
            loss = losses.choice([math.nan, losses.random()])
            best = min(best, loss) if math.isfinite(loss) else best
            history.add(evaluated(step, loss=loss))
            known = history.evaluations()
            assert len(known) <= 8
            assert known[-1].step == step
            assert best in [math.inf, *(event.loss for event in known)]


def test_a_long_run_goes_back_far_and_on_again():
    old, new = np.full(50_000, 100, np.float32), np.full(1000, 50, np.float32)
    old[[4_000, 9_999, 10_002]] = 900  # the last one is step 10,003, behind the cut
    history = history_of(old, capacity=1024)
    history.add(Rewound(step=10_001, from_step=50_000))
    assert (history.first_step, history.last_step) == (1, 10_001)
    assert history.last_smoothed("loss") < 900
    history.add(metrics(10_002, new))
    assert (history.last("loss"), history.last_step) == (50, 11_001)
    assert history.last_smoothed("loss") == pytest.approx(50)
    low, high = history.envelope("loss", 1, 11_001, 11)
    spikes = high == 900
    assert spikes[3:5].any()
    assert spikes[9:11].any()
    assert spikes.sum() <= 4
    assert low.tolist() == [100] * 10 + [50]


def test_the_version_tells_whether_anything_changed():
    history = History()
    versions = [history.version]
    for event in (metrics(1, np.ones(3)), evaluated(3), Notice(step=3, level="info", text="nothing to remember")):
        history.add(event)
        versions.append(history.version)
    before, stepped, measured, told = versions
    assert before < stepped < measured == told
