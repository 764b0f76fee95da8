from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vae_tui.core.config import OptimConfig, TrainConfig
from vae_tui.core.optim import create_beta_schedule, create_optimizer, create_schedule, sample_schedule


@settings(max_examples=15)
@given(total=st.integers(1, 3000), warmup=st.integers(0, 200), end=st.floats(0, 1))
def test_schedule_rises_to_the_peak_then_falls_to_the_end(total: int, warmup: int, end: float) -> None:
    config = OptimConfig(learning_rate=1e-3, warmup_steps=warmup, end_factor=end)
    rates = np.asarray(create_schedule(config, total)(jnp.arange(total + 1)))
    peak = max(min(warmup, total // 2) - 1, 0)
    assert rates.max() == pytest.approx(1e-3, rel=1e-5)
    assert rates[peak] == pytest.approx(1e-3, rel=1e-5)
    assert (np.diff(rates[: peak + 1]) >= 0).all()
    assert (np.diff(rates[peak:]) <= 1e-9).all()
    assert rates[total] == pytest.approx(1e-3 * end, rel=1e-3, abs=1e-9)
    assert rates[0] > 0


def test_sampled_schedule_is_the_schedule() -> None:
    schedule = create_schedule(OptimConfig(), 10_000)
    steps, rates = sample_schedule(schedule, 10_000, points=100)
    assert (steps[0], steps[-1], len(steps)) == (1, 10_000, 100)
    assert rates[0] == pytest.approx(float(np.asarray(schedule(0))))
    assert rates[-1] == pytest.approx(float(np.asarray(schedule(9_999))))


def test_beta_rises_linearly() -> None:
    schedule = create_beta_schedule(TrainConfig(beta=2.0, beta_warmup_steps=10))
    assert [float(np.asarray(schedule(step))) for step in (0, 5, 10, 50)] == [0.0, 1.0, 2.0, 2.0]


def test_gradients_are_clipped_by_their_global_norm() -> None:
    # Adam hides the scale of a gradient, but not the proportion between two of them.
    def second_update(clip_norm: float) -> float:
        tx = create_optimizer(OptimConfig(clip_norm=clip_norm), optax.constant_schedule(1.0))
        params = {"w": jnp.zeros((2, 2))}
        state = tx.init(params)
        _, state = tx.update({"w": jnp.full((2, 2), 100.0)}, state, params)
        updates: Any = tx.update({"w": jnp.full((2, 2), 0.1)}, state, params)[0]
        return float(updates["w"][0, 0])

    assert second_update(clip_norm=0.2) == pytest.approx(-1.0, rel=1e-3)  # both clipped to the same gradient
    assert second_update(clip_norm=1e9) == pytest.approx(-0.67, abs=0.02)


def test_weight_decay_is_for_kernels_only() -> None:
    params = {"kernel": jnp.ones((3, 3)), "bias": jnp.ones(3)}
    zeros = {"kernel": jnp.zeros((3, 3)), "bias": jnp.zeros(3)}
    tx = create_optimizer(OptimConfig(weight_decay=0.1), optax.constant_schedule(0.5))
    updates: Any = tx.update(zeros, tx.init(params), params)[0]
    np.testing.assert_allclose(updates["kernel"], -0.05, rtol=1e-6)
    assert not updates["bias"].any()
