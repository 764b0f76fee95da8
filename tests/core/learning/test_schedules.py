from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import OptimConfig, Schedule
from vae_tui.core.learning.schedules import create_schedule, sample_schedule

MAX_STEPS = 3000


def rates(config: OptimConfig, total: int, steps: int | None = None) -> np.ndarray:
    """The rates of all steps of a run, or of its first `steps`."""
    everywhere = jnp.arange(MAX_STEPS + 1)  # one shape, compiled once
    return np.asarray(jax.vmap(create_schedule(config, total))(everywhere))[: steps or total]


@st.composite
def boundaries_and_scales(draw: st.DrawFn) -> tuple[tuple[float, ...], tuple[float, ...]]:
    boundaries = draw(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=4, unique=True).map(sorted))
    return tuple(boundaries), tuple(draw(st.floats(0.1, 1)) for _ in boundaries)


@pytest.mark.parametrize("schedule", get_args(Schedule))
@given(
    total=st.integers(1, MAX_STEPS),
    warmup=st.integers(0, 200),
    end=st.floats(0.01, 1),
    pct=st.floats(0.01, 0.99),
    div=st.floats(1, 100),
    pieces=boundaries_and_scales(),
)
def test_rates_are_positive_and_at_most_the_peak(
    schedule: Schedule,
    total: int,
    warmup: int,
    end: float,
    pct: float,
    div: float,
    pieces: tuple[tuple[float, ...], tuple[float, ...]],
) -> None:
    config = OptimConfig(
        learning_rate=1e-3,
        schedule=schedule,
        warmup_steps=warmup,
        end_factor=end,
        pct_start=pct,
        div_factor=div,
        boundaries=pieces[0],
        scales=pieces[1],
    )
    got = rates(config, total)
    assert (got > 0).all()
    assert (got <= 1e-3 * (1 + 1e-5)).all()


@given(total=st.integers(1, MAX_STEPS), warmup=st.integers(0, 200), end=st.floats(0, 1))
def test_warmup_cosine_rises_to_the_peak_then_falls_to_the_end(total: int, warmup: int, end: float) -> None:
    config = OptimConfig(learning_rate=1e-3, warmup_steps=warmup, end_factor=end)
    got = rates(config, total, total + 1)
    peak = max(min(warmup, total // 2) - 1, 0)
    assert got.max() == pytest.approx(1e-3, rel=1e-5)
    assert got[peak] == pytest.approx(1e-3, rel=1e-5)
    assert (np.diff(got[: peak + 1]) >= 0).all()
    assert (np.diff(got[peak:]) <= 1e-9).all()
    assert got[total] == pytest.approx(1e-3 * end, rel=1e-3, abs=1e-9)
    assert got[0] > 0


def test_warmup_cosine_is_the_cosine_of_the_paper() -> None:
    config = OptimConfig(learning_rate=2.0, warmup_steps=10, end_factor=0.1)
    after = np.arange(90)
    cosine = 0.2 + 0.5 * (2.0 - 0.2) * (1 + np.cos(np.pi * after / 90))
    expected = np.concatenate([2.0 * np.arange(1, 11) / 10, cosine])
    np.testing.assert_allclose(rates(config, 100), expected, rtol=1e-5)


def test_constant_stays_at_the_peak() -> None:
    assert (rates(OptimConfig(learning_rate=0.5, schedule="constant"), 20) == 0.5).all()


def test_linear_goes_straight_to_the_end_at_the_last_step() -> None:
    config = OptimConfig(learning_rate=2.0, schedule="linear", end_factor=0.1)
    np.testing.assert_allclose(rates(config, 37), np.linspace(2.0, 0.2, 37), rtol=1e-5)
    np.testing.assert_allclose(rates(config, 1), [2.0])


def test_warmup_rises_then_stays_and_takes_at_most_half_of_the_run() -> None:
    config = OptimConfig(learning_rate=1.0, schedule="warmup", warmup_steps=4)
    np.testing.assert_allclose(rates(config, 100), [0.25, 0.5, 0.75, *[1.0] * 97], rtol=1e-6)
    np.testing.assert_allclose(rates(config, 5), [0.5, 1, 1, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(rates(config, 1), [1.0], rtol=1e-6)


def test_exponential_falls_by_the_same_factor_at_every_step() -> None:
    config = OptimConfig(learning_rate=2.0, schedule="exponential", end_factor=0.01)
    np.testing.assert_allclose(rates(config, 50, 51), 2.0 * 0.01 ** (np.arange(51) / 50), rtol=1e-5)


def test_one_cycle_starts_peaks_and_ends_where_its_factors_say() -> None:
    config = OptimConfig(
        learning_rate=2.0, schedule="one-cycle", pct_start=0.25, div_factor=10.0, final_div_factor=100.0
    )
    got = rates(config, 200, 201)
    np.testing.assert_allclose(got[[0, 25, 50, 125, 200]], [0.2, 1.1, 2.0, 1.001, 0.002], rtol=1e-4)
    assert (np.diff(got[:51]) > 0).all()
    assert (np.diff(got[50:]) < 0).all()


def test_piecewise_changes_at_its_boundaries() -> None:
    config = OptimConfig(learning_rate=2.0, schedule="piecewise", boundaries=(0.3, 0.55), scales=(0.1, 0.5))
    np.testing.assert_allclose(rates(config, 100), [2.0] * 30 + [0.2] * 25 + [0.1] * 45, rtol=1e-6)


def test_piecewise_takes_every_scale_also_where_boundaries_coincide() -> None:
    config = OptimConfig(learning_rate=1.0, schedule="piecewise", boundaries=(0.45, 0.5), scales=(0.1, 0.1))
    np.testing.assert_allclose(rates(config, 4), [1, 1, 0.01, 0.01], rtol=1e-6)


@pytest.mark.parametrize("kind", get_args(Schedule))
def test_sampled_schedule_is_the_schedule(kind: Schedule) -> None:
    schedule = create_schedule(OptimConfig(schedule=kind), 10_000)
    steps, sampled = sample_schedule(schedule, 10_000, points=100)
    assert (steps[0], steps[-1], len(steps)) == (1, 10_000, 100)
    for i in (0, 40, 99):
        assert sampled[i] == pytest.approx(float(np.asarray(schedule(int(steps[i]) - 1))), rel=1e-5)


def test_a_short_schedule_is_sampled_at_every_step() -> None:
    steps, sampled = sample_schedule(create_schedule(OptimConfig(schedule="linear"), 7), 7)
    assert steps.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert len(sampled) == 7
