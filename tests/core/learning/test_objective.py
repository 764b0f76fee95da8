import itertools
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads
from vae_tui.core.config import Likelihood, ObjectiveConfig
from vae_tui.core.learning.objective import create_beta_schedule, create_objective
from vae_tui.core.model import Decoded, Gaussian, Output
from vae_tui.core.model.likelihoods import negative_log_likelihood

IMAGES = jnp.broadcast_to(jnp.round(jnp.linspace(0, 255, 784)).reshape(28, 28) / 255, (3, 28, 28))


def make_output(kl: jax.Array, latents: int, log_scale: float = -1.0) -> Output:
    """A batch of three: only what the objective reads varies."""
    zeros = jnp.zeros((3, latents))
    logits = jax.random.normal(jax.random.key(0), (3, 28, 28))
    return Output(Decoded(logits, jnp.asarray(log_scale)), Gaussian(zeros, zeros), zeros, kl)


@given(beta=st.floats(0, 4, width=32), seed=st.integers(0, 99))
def test_the_loss_is_reconstruction_plus_beta_times_kl(beta: float, seed: int) -> None:
    output = make_output(jax.random.uniform(jax.random.key(seed), (3, 5)), latents=5)
    loss, reconstruction, kl = create_objective(ObjectiveConfig(), "bernoulli")(output, IMAGES, jnp.float32(beta))
    assert reconstruction == pytest.approx(
        float(negative_log_likelihood("bernoulli", output.decoded, IMAGES).mean()), rel=1e-6
    )
    assert kl == pytest.approx(float(output.kl.sum()) / 3, rel=1e-5)
    assert loss == pytest.approx(float(reconstruction + beta * kl), rel=1e-5)


@pytest.mark.parametrize("likelihood", get_args(Likelihood))
def test_gradients_agree_with_finite_differences_in_float64(likelihood: Likelihood) -> None:
    with jax.enable_x64(True):
        images = jnp.asarray(np.round(IMAGES) if likelihood == "binarized" else IMAGES, jnp.float64)
        rng = np.random.default_rng(0)
        logits = jnp.asarray(2 * rng.standard_normal((3, 28, 28)))
        kl = jnp.asarray(rng.uniform(0, 1, (3, 4)))
        objective = create_objective(ObjectiveConfig(free_bits=0.5), likelihood)

        @jax.jit
        def loss(logits: jax.Array, log_scale: jax.Array, kl: jax.Array) -> jax.Array:
            output = make_output(kl, latents=4)._replace(decoded=Decoded(logits, log_scale))
            return objective(output, images, jnp.float64(0.7)).loss

        for log_scale in (-4.0, -1.0):
            check_grads(loss, (logits, jnp.float64(log_scale), kl), order=1, modes=["rev"], eps=1e-6, rtol=1e-5)


def test_free_bits_take_the_gradient_from_the_groups_below_them() -> None:
    # Batch means 0.1 and 0.9, though single images are on the other side of 0.5.
    kl = jnp.array([[0.0, 0.3], [0.0, 1.2], [0.3, 1.2]])
    objective = create_objective(ObjectiveConfig(free_bits=0.5), "bernoulli")

    def loss(kl: jax.Array) -> jax.Array:
        return objective(make_output(kl, latents=2), IMAGES, jnp.float32(2.0)).loss

    gradient = jax.grad(loss)(kl)
    np.testing.assert_array_equal(gradient[:, 0], 0.0)
    np.testing.assert_allclose(gradient[:, 1], 2.0 / 3, rtol=1e-6)
    terms = objective(make_output(kl, latents=2), IMAGES, jnp.float32(2.0))
    assert terms.kl == pytest.approx(1.0)
    assert terms.loss - terms.reconstruction == pytest.approx(2.0 * (0.5 + 0.9), rel=1e-4)


def test_free_bits_count_the_dimensions_of_a_group() -> None:
    objective = create_objective(ObjectiveConfig(free_bits=0.5), "bernoulli")
    terms = objective(make_output(jnp.full((3, 1), 2.5), latents=6), IMAGES, jnp.float32(1.0))
    assert terms.kl == pytest.approx(2.5)
    assert terms.loss - terms.reconstruction == pytest.approx(3.0, rel=1e-4)


def test_without_free_bits_a_negative_estimate_of_the_kl_counts() -> None:
    """The flow prior's KL is an estimate from one draw."""
    objective = create_objective(ObjectiveConfig(), "bernoulli")
    terms = objective(make_output(jnp.full((3, 1), -0.25), latents=6), IMAGES, jnp.float32(1.0))
    assert terms.loss - terms.reconstruction == pytest.approx(-0.25, abs=1e-4)


def betas(config: ObjectiveConfig, total_steps: int) -> np.ndarray:
    """As compiled code takes them, from a traced step."""
    schedule = jax.jit(create_beta_schedule(config, total_steps))
    return np.array([schedule(jnp.int32(step)) for step in range(total_steps)])


def test_a_constant_beta_is_constant() -> None:
    np.testing.assert_allclose(betas(ObjectiveConfig(beta=0.25), 5), 0.25)


def test_a_linear_beta_rises_once_and_stays() -> None:
    config = ObjectiveConfig(beta=2.0, beta_schedule="linear", beta_warmup_steps=4)
    np.testing.assert_allclose(betas(config, 7), [0, 0.5, 1, 1.5, 2, 2, 2])


def test_a_cyclical_beta_rises_in_the_first_half_of_each_cycle() -> None:
    config = ObjectiveConfig(beta=2.0, beta_schedule="cyclical", beta_cycles=3)
    np.testing.assert_allclose(betas(config, 24), [0, 0.5, 1, 1.5, 2, 2, 2, 2] * 3)


@given(cycles=st.integers(1, 40), total_steps=st.integers(1, 200))
def test_every_cycle_of_beta_starts_at_zero_and_reaches_beta(cycles: int, total_steps: int) -> None:
    schedule = create_beta_schedule(ObjectiveConfig(beta_schedule="cyclical", beta_cycles=cycles), total_steps)
    values = np.asarray(schedule(jnp.arange(200)))[:total_steps]
    assert ((values >= 0) & (values <= 1)).all()
    starts = np.flatnonzero(values == 0)
    assert 1 <= len(starts) <= cycles
    for start, end in itertools.pairwise(starts):
        assert values[start:end].max() == 1
