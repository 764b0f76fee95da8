from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from vae_tui.core.config import Likelihood
from vae_tui.core.learning.augmentation import augment
from vae_tui.core.model import Decoded
from vae_tui.core.model.likelihoods import (
    create_targets,
    entropy_of_intensities,
    logistic,
    negative_log_likelihood,
    softplus,
)

KINDS = get_args(Likelihood)

logits_arrays = arrays(np.float32, (2, 28, 28), elements=st.floats(-30, 30, width=32))
level_arrays = arrays(np.uint8, (2, 28, 28))
log_scales = st.floats(-5, 1, width=32)


def expected_nll(kind: Likelihood, logits: np.ndarray, log_scale: float, images: np.ndarray) -> np.ndarray:
    """In float64, each as its definition has it."""
    mean = 1 / (1 + np.exp(-logits))
    scale = np.exp(log_scale)
    if kind in ("bernoulli", "binarized"):
        log_p = images * -np.logaddexp(0, -logits) + (1 - images) * -np.logaddexp(0, logits)
    elif kind == "gaussian":
        log_p = -((images - mean) ** 2) / (2 * scale**2) - np.log(np.sqrt(2 * np.pi) * scale)
    else:
        lower = np.where(images == 0, -np.inf, (images - 0.5 / 255 - mean) / scale)
        upper = np.where(images == 1, np.inf, (images + 0.5 / 255 - mean) / scale)
        # The distribution is symmetric: take the difference in the tail where it does not cancel.
        mirrored = lower > 0
        lower, upper = np.where(mirrored, -upper, lower), np.where(mirrored, -lower, upper)
        log_p = np.log(1 / (1 + np.exp(-upper)) - 1 / (1 + np.exp(-lower)))
    return -log_p.sum((1, 2))


@pytest.mark.parametrize("kind", KINDS)
@given(logits=logits_arrays, levels=level_arrays, log_scale=log_scales)
def test_it_agrees_with_float64(kind: Likelihood, logits: np.ndarray, levels: np.ndarray, log_scale: float) -> None:
    images = levels / 255.0 if kind != "binarized" else np.round(levels / 255.0)
    decoded = Decoded(jnp.asarray(logits), jnp.float32(log_scale))
    actual = negative_log_likelihood(kind, decoded, jnp.asarray(images, jnp.float32))
    with np.errstate(over="ignore"):
        expected = expected_nll(kind, logits.astype(np.float64), log_scale, images)
    np.testing.assert_allclose(actual, expected, rtol=5e-5, atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_channels_of_a_color_image_are_pixels_of_their_own(kind: Likelihood) -> None:
    logits, images = (np.random.default_rng(seed).uniform(size=(2, 5, 4, 3)).astype(np.float32) for seed in (0, 1))
    images = np.round(255 * images) / 255 if kind != "binarized" else np.round(images)
    whole = negative_log_likelihood(kind, Decoded(jnp.asarray(logits), jnp.float32(-1)), jnp.asarray(images))
    parts = [
        negative_log_likelihood(
            kind, Decoded(jnp.asarray(logits[..., i]), jnp.float32(-1)), jnp.asarray(images[..., i])
        )
        for i in range(3)
    ]
    assert whole.shape == (2,)
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-5)


@given(log_scale=st.floats(-9, 4, width=32), shift=st.floats(-3, 3, width=32))
def test_the_probabilities_of_the_grey_levels_sum_to_one(log_scale: float, shift: float) -> None:
    logits = jnp.broadcast_to(jnp.linspace(-12, 12, 784).reshape(28, 28) + shift, (256, 28, 28))
    levels = jnp.broadcast_to((jnp.arange(256) / 255.0)[:, None, None], logits.shape)
    totals = jnp.exp(-jax.jit(logistic)(Decoded(logits, jnp.float32(log_scale)), levels)).sum(axis=0)
    np.testing.assert_allclose(totals, 1.0, rtol=2e-3 if log_scale < -6 else 2e-4)


def test_the_most_unlikely_grey_level_has_a_finite_loss_and_the_right_gradient() -> None:
    """Its mass is exp(-1000), which neither float32 nor float64 can hold."""
    scale = 5e-4
    logits, images = jnp.zeros((1, 28, 28)), jnp.ones((1, 28, 28))

    def loss(logits: jax.Array) -> jax.Array:
        return negative_log_likelihood("logistic", Decoded(logits, jnp.log(scale)), images)[0]

    value, gradient = jax.value_and_grad(loss)(logits)
    assert value == pytest.approx(784 * (0.5 - 0.5 / 255) / scale, rel=1e-4)
    np.testing.assert_allclose(gradient, -0.25 / scale, rtol=1e-4)  # the tail is exponential; sigmoid'(0) = 1/4


@given(x=arrays(np.float32, 9, elements=st.floats(-200, 200, width=32)))
def test_softplus_and_its_derivative_agree_with_float64(x: np.ndarray) -> None:
    x[0] = 0.0
    np.testing.assert_allclose(softplus(jnp.asarray(x)), np.logaddexp(0, x.astype(np.float64)), rtol=1e-6, atol=1e-37)
    derivative = jax.grad(lambda x: softplus(x).sum())(jnp.asarray(x))
    np.testing.assert_allclose(derivative, 1 / (1 + np.exp(-x.astype(np.float64))), rtol=1e-5, atol=1e-37)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
def test_targets_are_the_intensities(kind: Likelihood) -> None:
    images = jax.random.uniform(jax.random.key(0), (2, 28, 28))
    np.testing.assert_array_equal(create_targets(kind, jax.random.key(1), images), images)


def test_logistic_targets_are_the_nearest_gray_levels() -> None:
    """Augmented images lie between them, but the likelihood is one of levels."""
    levels = jnp.arange(256).reshape(1, 16, 16).astype(jnp.float32) / 255.0
    key = jax.random.key(0)
    np.testing.assert_array_equal(create_targets("logistic", key, levels), levels)
    between = augment(key, jnp.tile(levels, (20, 1, 1)), 1.0)
    targets = np.asarray(create_targets("logistic", key, between))
    assert np.isin(targets, levels).all()
    np.testing.assert_allclose(targets, between, atol=0.5001 / 255)


def test_binarized_targets_are_drawn_with_the_intensity_as_probability() -> None:
    intensities = jnp.linspace(0, 1, 784).reshape(28, 28)
    images = jnp.broadcast_to(intensities, (4000, 28, 28))
    targets = np.asarray(create_targets("binarized", jax.random.key(0), images))
    assert set(np.unique(targets)) == {0.0, 1.0}
    np.testing.assert_allclose(targets.mean(axis=0), intensities, atol=5 * 0.5 / np.sqrt(4000))
    assert (targets[:, 0, 0] == 0).all()
    assert (targets[:, -1, -1] == 1).all()
    again = create_targets("binarized", jax.random.key(0), images)
    np.testing.assert_array_equal(again, targets)
    assert (create_targets("binarized", jax.random.key(1), images) != targets).any()


@given(level_arrays)
def test_the_entropy_of_the_intensities_is_the_loss_of_their_perfect_reconstruction(levels: np.ndarray) -> None:
    images = levels / 255.0
    with np.errstate(divide="ignore"):
        logits = np.clip(np.log(images) - np.log1p(-images), -40, 40)
    least = expected_nll("bernoulli", logits, 0.0, images).mean()
    assert entropy_of_intensities(levels) == pytest.approx(least, rel=1e-6, abs=1e-6)
