import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from vae_tui.core.losses import bernoulli_nll, elbo_terms, gaussian_kl
from vae_tui.core.model import Gaussian

logits_arrays = arrays(np.float32, (2, 28, 28), elements=st.floats(-30, 30, width=32))
image_arrays = arrays(np.float32, (2, 28, 28), elements=st.floats(0, 1, width=32))
latent_arrays = arrays(np.float32, (3, 5), elements=st.floats(-4, 4, width=32))


@settings(max_examples=20)
@given(logits=logits_arrays, images=image_arrays)
def test_bernoulli_nll_agrees_with_float64(logits: np.ndarray, images: np.ndarray) -> None:
    x, t = logits.astype(np.float64), images.astype(np.float64)
    expected = -(t * -np.logaddexp(0, -x) + (1 - t) * -np.logaddexp(0, x)).sum((1, 2))
    np.testing.assert_allclose(bernoulli_nll(jnp.asarray(logits), jnp.asarray(images)), expected, rtol=2e-5)


@settings(max_examples=20)
@given(mean=latent_arrays, log_variance=latent_arrays)
def test_gaussian_kl_agrees_with_float64(mean: np.ndarray, log_variance: np.ndarray) -> None:
    m, v = mean.astype(np.float64), log_variance.astype(np.float64)
    expected = 0.5 * (np.exp(v) + m**2 - 1 - v).sum(1)
    actual = gaussian_kl(Gaussian(jnp.asarray(mean), jnp.asarray(log_variance)))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_gaussian_kl_agrees_with_monte_carlo() -> None:
    posterior = Gaussian(jnp.array([[0.5, -1.0]]), jnp.array([[-1.0, 0.3]]))
    noise = np.random.default_rng(0).standard_normal((400_000, 2))
    mean, variance = np.asarray(posterior.mean, np.float64), np.exp(np.asarray(posterior.log_variance, np.float64))
    z = mean + np.sqrt(variance) * noise
    log_q = -0.5 * ((z - mean) ** 2 / variance + np.log(variance)).sum(1)
    log_p = -0.5 * (z**2).sum(1)
    assert gaussian_kl(posterior)[0] == pytest.approx((log_q - log_p).mean(), abs=0.02)


def test_kl_is_zero_at_the_prior_only() -> None:
    zeros = jnp.zeros((1, 3))
    assert gaussian_kl(Gaussian(zeros, zeros))[0] == 0
    assert gaussian_kl(Gaussian(zeros + 0.1, zeros))[0] > 0
    assert gaussian_kl(Gaussian(zeros, zeros - 0.1))[0] > 0


def test_gradient_agrees_with_finite_differences() -> None:
    rng = np.random.default_rng(1)
    images = jnp.asarray(rng.random((1, 28, 28)), jnp.float32)
    posterior = Gaussian(jnp.zeros((1, 2)), jnp.zeros((1, 2)))

    def loss(scale: jax.Array) -> jax.Array:
        terms = elbo_terms(scale * (images - 0.3), images, posterior._replace(mean=posterior.mean + scale))
        return (terms.reconstruction + terms.kl).sum()

    h = 1e-2
    numeric = (loss(jnp.float32(1 + h)) - loss(jnp.float32(1 - h))) / (2 * h)
    assert jax.grad(loss)(jnp.float32(1.0)) == pytest.approx(float(numeric), rel=5e-3)
