"""The model as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.scipy.stats import norm
from vae_tui.core.config import ModelConfig
from vae_tui.core.model import ConditionalVAE, Gaussian
from vae_tui.core.model.gaussian import LEAST_LOG_VARIANCE, bound_variance, standard_normal, transform_noise

Build = Callable[..., Any]

IMAGE_SHAPE = (28, 28)
IMAGES = jnp.broadcast_to(jnp.linspace(0, 1, 28), (6, *IMAGE_SHAPE))
LABELS = jnp.arange(6)
NOISE = jnp.asarray(np.random.default_rng(0).normal(size=(6, 3)), jnp.float32)


def log_prob(q: Gaussian, latents: jax.Array) -> jax.Array:
    return norm.logpdf(latents, q.mean, jnp.exp(0.5 * q.log_variance)).sum(axis=-1)


@pytest.mark.parametrize(
    ("config", "learned"),
    [
        ({}, {"encoder", "decoder"}),
        ({"likelihood": "binarized"}, {"encoder", "decoder"}),
        ({"prior": "class"}, {"encoder", "decoder", "prior"}),
        ({"prior": "flow", "likelihood": "gaussian"}, {"encoder", "decoder", "prior", "log_scale"}),
        ({"likelihood": "logistic"}, {"encoder", "decoder", "log_scale"}),
    ],
)
def test_top_level_parameters(shapes: Build, config: dict[str, Any], learned: set[str]) -> None:
    assert set(shapes(**config)) == {*learned, "mean_image"}


def test_a_scale_is_learned_where_the_likelihood_has_one(build: Build) -> None:
    assert build(likelihood="bernoulli")("decode", NOISE, LABELS).log_scale == 0
    start = build(likelihood="logistic", start=True)
    assert start("decode", NOISE, LABELS).log_scale == pytest.approx(np.log(0.1))
    model = build(likelihood="gaussian")
    assert model("decode", NOISE, LABELS).log_scale == model.params["log_scale"]


def test_latents_are_drawn_from_the_posterior(build: Build) -> None:
    # Equal inputs: only the noise differs between rows.
    images, labels = jnp.broadcast_to(IMAGES[:1], (4000, *IMAGE_SHAPE)), jnp.zeros(4000, jnp.int32)
    output = build()("__call__", images, labels)
    noise = (output.latents - output.posterior.mean) / jnp.exp(0.5 * output.posterior.log_variance)
    # Five standard errors of the mean and of the standard deviation.
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=5 / np.sqrt(4000))
    np.testing.assert_allclose(noise.std(axis=0), 1, atol=5 / np.sqrt(8000))


def test_draws_differ_with_the_rng_and_repeat_with_it(build: Build) -> None:
    model = build()
    one, again, other = (model("__call__", IMAGES, LABELS, rng=rng).latents for rng in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).min() > 0


@pytest.mark.parametrize("prior", ["standard", "class", "flow"])
def test_output_is_one_consistent_pass(build: Build, prior: str) -> None:
    model = build(prior=prior)
    output = model("__call__", IMAGES, LABELS)
    posterior = model("encode", IMAGES, LABELS)
    np.testing.assert_allclose(output.posterior.mean, posterior.mean, rtol=1e-4, atol=1e-5)
    logits = model("decode", output.latents, LABELS).logits
    np.testing.assert_allclose(output.decoded.logits, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prior", ["standard", "class"])
def test_analytic_kl_agrees_with_the_mean_log_ratio_over_draws(build: Build, prior: str) -> None:
    model = build(prior=prior)
    images, labels = jnp.broadcast_to(IMAGES[:1], (4000, *IMAGE_SHAPE)), jnp.full(4000, 4)
    output = model("__call__", images, labels)
    assert output.kl.shape == (4000, 3)
    ratios = log_prob(output.posterior, output.latents) - model("prior_log_prob", output.latents, labels)
    assert abs(ratios.mean() - output.kl[0].sum()) < 5 * ratios.std() / np.sqrt(4000)


def test_kl_of_the_flow_is_the_log_ratio_at_the_drawn_latents(build: Build) -> None:
    model = build(prior="flow")
    output = model("__call__", IMAGES, LABELS)
    ratios = log_prob(output.posterior, output.latents) - model("prior_log_prob", output.latents, LABELS)
    np.testing.assert_allclose(output.kl, ratios[:, None], rtol=1e-4, atol=1e-4)


def test_the_gradient_of_the_flows_kl_is_the_analytic_one_and_without_noise_at_the_optimum(build: Build) -> None:
    flow, standard = build(prior="flow", start=True), build()  # a flow starts as the standard normal
    noise = jax.random.normal(jax.random.key(0), (4000, 3))
    classes = nn.one_hot(jnp.zeros(4000, jnp.int32), 10)

    def gradients(model: Any, posterior: Gaussian) -> Gaussian:
        @jax.jit
        @jax.grad
        def kl(posterior: Gaussian) -> Any:
            bound = model.model.bind({"params": model.params})
            return bound.prior.kl(posterior, transform_noise(posterior, noise), classes).sum()

        return kl(posterior)

    posterior = Gaussian(jnp.full((4000, 3), 0.7), jnp.full((4000, 3), -0.4))
    for drawn, exact in zip(gradients(flow, posterior), gradients(standard, posterior), strict=True):
        np.testing.assert_allclose(drawn.mean(axis=0), exact[0], atol=5 * float(drawn.std()) / np.sqrt(4000))
    for drawn in gradients(flow, standard_normal((4000, 3))):
        np.testing.assert_allclose(drawn, 0, atol=1e-6)


@pytest.mark.parametrize("arch", ["dense", "conv"])
def test_inputs_and_outputs_are_centered_on_the_mean_image(build: Build, arch: str) -> None:
    model = build(arch=arch)
    mean = jnp.clip(model.params["mean_image"], 1e-3, 1 - 1e-3)
    gray = replace(model, params=model.params | {"mean_image": jnp.full(IMAGE_SHAPE, 0.5)})
    shifted = IMAGES - model.params["mean_image"] + 0.5
    for got, expected in zip(model("encode", IMAGES, LABELS), gray("encode", shifted, LABELS), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)
    difference = model("decode", NOISE, LABELS).logits - gray("decode", NOISE, LABELS).logits
    np.testing.assert_allclose(jax.nn.sigmoid(difference[0]), mean, atol=1e-4)


@pytest.mark.parametrize("prior", ["standard", "class", "flow"])
def test_generate_decodes_what_the_prior_makes_of_the_noise(build: Build, prior: str) -> None:
    model = build(prior=prior)
    bound = model.model.bind({"params": model.params})  # without any rng, as one does interactively
    generated = bound.generate(NOISE, LABELS).logits
    assert generated.shape == (6, *IMAGE_SHAPE)
    expected = model("decode", model("prior_latents", NOISE, LABELS), LABELS).logits
    np.testing.assert_allclose(generated, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        {"arch": "dense", "conditioning": "embedding", "prior": "flow"},
        {"arch": "conv", "conditioning": "film", "prior": "class", "blocks": 1, "upsampling": "subpixel"},
    ],
    ids=["dense", "conv"],
)
def test_every_parameter_has_a_gradient(build: Build, config: dict[str, Any]) -> None:
    model = build(likelihood="gaussian", **config)

    @jax.jit
    @jax.grad
    def gradients(params: Any) -> jax.Array:
        output = model.model.apply({"params": params}, IMAGES, LABELS, rngs={"latent": jax.random.key(0)})
        return jnp.square(output.decoded.logits - IMAGES).sum() + output.kl.sum() + output.decoded.log_scale

    for path, gradient in jax.tree.leaves_with_path(gradients(model.params)):
        assert np.isfinite(gradient).all(), jax.tree_util.keystr(path)
        is_constant = path[0].key == "mean_image"
        assert (np.abs(gradient).max() > 0) != is_constant, jax.tree_util.keystr(path)


@pytest.mark.parametrize("shape", [(28, 28), (64, 64, 3)])
def test_a_large_image_that_is_encoded_too_narrowly_does_not_outweigh_the_others(shape: tuple[int, ...]) -> None:
    model = ConditionalVAE(ModelConfig(latents=4, hidden=(8,)), 2, shape)
    images = jax.random.bernoulli(jax.random.key(0), shape=(2, *shape)).astype(jnp.float32)  # of the highest contrast
    labels, rngs = jnp.arange(2), {"params": jax.random.key(1), "latent": jax.random.key(2)}
    params: Any = model.init(rngs, images, labels)["params"]
    heads = params["encoder"]["Dense_1"]
    narrow = {**heads, "bias": heads["bias"].at[4:].set(-30.0)}  # the log-variances
    params = {**params, "encoder": {**params["encoder"], "Dense_1": narrow}}

    def kl(params: Any) -> jax.Array:
        output: Any = model.apply({"params": params}, images, labels, rngs={"latent": jax.random.key(2)})
        return output.kl.mean()

    steepest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(jax.grad(kl)(params)))
    assert (steepest < 1e3) == (shape == (64, 64, 3)), "1 / standard deviation is e^15 without the bound, e^4 with it"


def test_the_bound_changes_usual_variances_little_and_keeps_their_gradient() -> None:
    log_variance = jnp.asarray([[-20.0, -8.0, -4.0, 0.0, 3.0]])
    bounded = bound_variance(Gaussian(jnp.zeros((1, 5)), log_variance)).log_variance
    assert float(bounded.min()) >= LEAST_LOG_VARIANCE
    np.testing.assert_allclose(bounded[0, 2:], log_variance[0, 2:], atol=0.02)
    slope = jax.grad(lambda x: bound_variance(Gaussian(x, x)).log_variance.sum())(log_variance)
    assert (np.asarray(slope) > 0).all()
