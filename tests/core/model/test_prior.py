"""The priors: densities, divergences, and the way from noise to latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.scipy.stats import norm
from vae_tui.core.model import Gaussian
from vae_tui.core.model.flow_prior import FlowPrior
from vae_tui.core.model.gaussian import gaussian_kl, gaussian_log_prob, standard_normal, transform_noise

Build = Callable[..., Any]

LABELS = jnp.arange(8)

finite = st.floats(-3, 3, width=32)


def draw_noise(shape: tuple[int, ...]) -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def gaussian(*pairs: tuple[float, float]) -> Gaussian:
    mean, log_variance = np.asarray(pairs, np.float32).T
    return Gaussian(jnp.asarray(mean[None]), jnp.asarray(log_variance[None]))


@given(finite, finite, finite)
def test_log_prob_of_a_gaussian(x: float, mean: float, log_variance: float) -> None:
    expected = norm.logpdf(x, mean, np.exp(0.5 * log_variance))
    actual = gaussian_log_prob(gaussian((mean, log_variance)), jnp.full((1, 1), x))
    np.testing.assert_allclose(actual[0], expected, rtol=1e-4, atol=1e-4)


@given(finite, finite)
def test_kl_to_the_standard_normal_is_the_textbook_formula(mean: float, log_variance: float) -> None:
    expected = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance))
    kl = gaussian_kl(gaussian((mean, log_variance)), standard_normal((1, 1)))
    np.testing.assert_allclose(kl[0, 0], expected, rtol=1e-4, atol=1e-5)


@given(finite, finite)
def test_kl_to_itself_is_zero(mean: float, log_variance: float) -> None:
    q = gaussian((mean, log_variance))
    np.testing.assert_allclose(gaussian_kl(q, q), 0, atol=1e-6)


def test_kl_of_each_dimension_agrees_with_monte_carlo() -> None:
    q, p = gaussian((0.5, -1.0), (-1.0, 0.3)), gaussian((-0.2, 0.4), (0.3, -0.6))
    z = transform_noise(q, draw_noise((100_000, 2)))
    log_q, log_p = (norm.logpdf(z, mean, jnp.exp(0.5 * log_variance)) for mean, log_variance in (q, p))
    ratios = np.asarray(log_q - log_p)
    error = ratios.std(axis=0) / np.sqrt(len(ratios))
    assert (np.abs(ratios.mean(axis=0) - gaussian_kl(q, p)[0]) < 5 * error).all()


@pytest.mark.parametrize("prior", ["standard", "class", "flow"])
def test_every_prior_starts_as_the_standard_normal(build: Build, prior: str) -> None:
    model, noise = build(prior=prior, start=True), draw_noise((8, 3))
    np.testing.assert_array_equal(model("prior_latents", noise, LABELS), noise)
    np.testing.assert_allclose(model("prior_log_prob", noise, LABELS), norm.logpdf(noise).sum(axis=-1), rtol=1e-5)


@pytest.mark.parametrize("prior", ["class", "flow"])
def test_a_learned_prior_depends_on_the_class(build: Build, prior: str) -> None:
    model, noise = build(prior=prior), jnp.ones((8, 3))
    latents, log_prob = model("prior_latents", noise, LABELS), model("prior_log_prob", noise, LABELS)
    assert np.abs(latents[0] - latents[1]).max() > 1e-2
    assert abs(log_prob[0] - log_prob[1]) > 1e-2


@pytest.mark.parametrize("prior", ["class", "flow"])
def test_log_prob_is_the_change_of_variables_of_prior_latents(build: Build, prior: str) -> None:
    model, noise = build(prior=prior), draw_noise((8, 3))

    def to_latents(noise: jax.Array, label: jax.Array) -> jax.Array:
        return model("prior_latents", noise[None], label[None])[0]

    jacobians = jax.jit(jax.vmap(jax.jacfwd(to_latents)))(noise, LABELS)
    expected = norm.logpdf(noise).sum(axis=-1) - np.linalg.slogdet(jacobians)[1]
    actual = model("prior_log_prob", model("prior_latents", noise, LABELS), LABELS)
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-3)


def test_density_of_the_flow_integrates_to_one(build: Build) -> None:
    axis = jnp.linspace(-40, 40, 800)
    grid = jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    log_prob = build(prior="flow", latents=2)("prior_log_prob", grid, jnp.full(len(grid), 6))
    assert float(np.exp(log_prob).sum() * (axis[1] - axis[0]) ** 2) == pytest.approx(1, abs=1e-2)


def test_flow_undoes_itself(build: Build) -> None:
    flow = FlowPrior(latents=20).bind({"params": build(prior="flow", latents=20).params["prior"]})
    latents, classes = 2 * draw_noise((10, 20)), jnp.eye(10)
    noise, _ = jax.jit(flow.to_noise)(latents, classes)
    assert (np.abs(noise - latents).max(axis=0) > 1e-2).all(), "every dimension is transformed"
    np.testing.assert_allclose(jax.jit(flow.from_noise)(noise, classes), latents, atol=1e-3)


def test_class_prior_puts_the_noise_in_place(build: Build) -> None:
    model = build(prior="class")
    mean, one, two = (model("prior_latents", jnp.full((8, 3), scale), LABELS) for scale in (0.0, 1.0, 2.0))
    np.testing.assert_allclose(two - mean, 2 * (one - mean), rtol=1e-4, atol=1e-6)


def test_class_prior_learns_from_the_divergence(build: Build) -> None:
    model = build(prior="class")
    images, labels = jnp.full((4, 28, 28), 0.5), jnp.array([0, 0, 1, 1])

    def kl(prior: Any) -> jax.Array:
        params = {**model.params, "prior": prior}
        return model.model.apply({"params": params}, images, labels, rngs={"latent": jax.random.key(0)}).kl.sum()  # pyright: ignore[reportAttributeAccessIssue]

    (table,) = jax.tree.leaves(jax.jit(jax.grad(kl))(model.params["prior"]))
    assert np.abs(table[:2]).min() > 0
    np.testing.assert_array_equal(table[2:], 0)  # no image is of these classes
