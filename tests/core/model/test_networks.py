"""The encoders and decoders: shapes, conditioning, residual blocks, upsampling, computation type."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import logit
from vae_tui.core.config import Architecture, ModelConfig, Upsampling
from vae_tui.core.model import ConditionalVAE
from vae_tui.core.model.convolution import depth_to_space, pad_to_multiple
from vae_tui.core.model.dense import scale_down

Build = Callable[..., Any]

CONDITIONINGS = ("onehot", "embedding", "film")
NETWORKS: list[dict[str, Any]] = [
    *({"arch": "dense", "conditioning": conditioning} for conditioning in CONDITIONINGS),
    *(
        {"arch": "conv", "conditioning": conditioning, "upsampling": upsampling, "blocks": blocks}
        for conditioning, upsampling, blocks in itertools.product(CONDITIONINGS, ("transposed", "subpixel"), (0, 2))
    ),
]

LABELS = jnp.arange(4)
IMAGES = jnp.broadcast_to(jnp.linspace(0, 1, 28), (4, 28, 28))
LATENTS = jnp.broadcast_to(jnp.array([1.0, -2.0, 0.5]), (4, 3))


@pytest.mark.parametrize("config", NETWORKS, ids=lambda config: "-".join(map(str, config.values())))
def test_shapes(config: dict[str, Any]) -> None:
    model = ConditionalVAE(
        ModelConfig(latents=3, hidden=(16, 8), channels=(4, 8), prior="standard", **config),
        classes=10,
        image_shape=(28, 28),
    )
    rngs = {"params": jax.random.key(0), "latent": jax.random.key(1)}
    output, variables = jax.eval_shape(model.init_with_output, rngs, IMAGES, LABELS)
    assert output.decoded.logits.shape == (4, 28, 28)
    assert output.posterior.mean.shape == output.posterior.log_variance.shape == output.latents.shape == (4, 3)
    assert set(variables["params"]) == {"encoder", "decoder", "mean_image"}


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (32, 32, 3), (64, 64, 3)])
def test_large_images_move_a_unit_no_further_than_those_of_mnist(shape: tuple[int, ...]) -> None:
    images = jax.random.uniform(jax.random.key(0), (2, math.prod(shape)))
    scaled = scale_down(images)
    if images.shape[1] <= 28 * 28:
        np.testing.assert_array_equal(scaled, images)  # bit for bit
    np.testing.assert_allclose(scaled.sum(axis=1), images.mean(axis=1) * min(images.shape[1], 28 * 28), rtol=1e-5)


@pytest.mark.parametrize(
    ("arch", "upsampling"), [("dense", "transposed"), ("conv", "transposed"), ("conv", "subpixel")]
)
@pytest.mark.parametrize("shape", [(1, 1), (25, 25), (30, 17), (32, 32, 3), (9, 14, 3)])
def test_images_have_any_height_and_width_and_may_be_in_color(
    shape: tuple[int, ...], arch: Architecture, upsampling: Upsampling
) -> None:
    config = ModelConfig(arch=arch, upsampling=upsampling, latents=3, hidden=(16,), channels=(4, 8))
    model = ConditionalVAE(config, 10, shape)
    rngs = {"params": jax.random.key(0), "latent": jax.random.key(1)}
    output, variables = jax.eval_shape(model.init_with_output, rngs, jnp.zeros((4, *shape)), LABELS)
    assert output.decoded.logits.shape == (4, *shape)
    assert output.latents.shape == (4, 3)
    assert variables["params"]["mean_image"].shape == shape


def test_padding_reaches_the_next_multiple_and_keeps_what_was_there() -> None:
    images = np.random.default_rng(0).normal(size=(2, 9, 4, 3)).astype(np.float32)
    padded = pad_to_multiple(jnp.asarray(images), 4)
    assert padded.shape == (2, 12, 4, 3)
    np.testing.assert_array_equal(padded[:, :9], images)
    assert not np.any(padded[:, 9:])


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
@pytest.mark.parametrize("arch", ["dense", "conv"])
def test_encoder_and_decoder_depend_on_the_class(build: Build, arch: str, conditioning: str) -> None:
    model = build(arch=arch, conditioning=conditioning)
    for outputs in (model("encode", IMAGES, LABELS).mean, model("decode", LATENTS, LABELS).logits):
        for one, other in itertools.combinations(outputs, 2):
            assert np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize("arch", ["dense", "conv"])
def test_film_starts_without_any_influence_of_the_class(build: Build, arch: str) -> None:
    model = build(arch=arch, conditioning="film", start=True)
    for outputs in (model("encode", IMAGES, LABELS).mean, model("decode", LATENTS, LABELS).logits):
        assert np.ptp(outputs[0]) > 0
        np.testing.assert_allclose(outputs, np.broadcast_to(outputs[:1], outputs.shape), atol=1e-6)


def test_film_scales_and_shifts_each_feature_before_the_nonlinearity(build: Build) -> None:
    model = build(conditioning="film", hidden=(2,), activation="relu")
    params = jax.device_get(model.params["decoder"])
    delta, shift = np.split(params["ConditionedActivation_0"]["ClassTable_0"]["embedding"][LABELS], 2, axis=-1)
    hidden = np.asarray(LATENTS) @ params["Dense_0"]["kernel"] + params["Dense_0"]["bias"]
    hidden = np.maximum((1 + delta) * hidden + shift, 0)
    expected = hidden @ params["Dense_1"]["kernel"] + params["Dense_1"]["bias"]
    logits = model("decode", LATENTS, LABELS).logits - logit(jnp.clip(model.params["mean_image"], 1e-3, 1 - 1e-3))
    np.testing.assert_allclose(logits.reshape(4, -1), expected, atol=1e-5)


@pytest.mark.parametrize(("conditioning", "inputs"), [("onehot", 3 + 10), ("embedding", 3 + 16), ("film", 3)])
def test_what_stands_beside_the_latents(shapes: Build, conditioning: str, inputs: int) -> None:
    assert shapes(conditioning=conditioning)["decoder"]["Dense_0"]["kernel"].shape == (inputs, 8)


def test_activations_differ(build: Build) -> None:
    logits = [build(activation=activation)("decode", LATENTS, LABELS).logits for activation in ("gelu", "relu", "silu")]
    for one, other in itertools.combinations(logits, 2):
        assert np.abs(one - other).max() > 1e-3


def test_residual_blocks_start_as_the_identity(build: Build) -> None:
    deep = build(arch="conv", blocks=1, start=True)
    # The other parameters of the two have the same names.
    plain = build(arch="conv")
    assert plain.params["decoder"].keys() < deep.params["decoder"].keys()
    params = {part: {name: deep.params[part][name] for name in plain.params[part]} for part in ("encoder", "decoder")}
    expected = replace(plain, params=deep.params | params)("__call__", IMAGES, LABELS)
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(deep("__call__", IMAGES, LABELS)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_residual_blocks_stand_at_both_resolutions(shapes: Build) -> None:
    params = shapes(arch="conv", blocks=2)
    for part, channels in (("encoder", (4, 4, 8, 8)), ("decoder", (8, 8, 4, 4))):
        blocks = [params[part][f"ResidualBlock_{i}"] for i in range(4)]
        assert "ResidualBlock_4" not in params[part]
        assert tuple(block["Convolution_1"]["Dense_0"]["kernel"].shape[-1] for block in blocks) == channels


def test_depth_to_space_spreads_channels_over_two_by_two_pixels() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8)).astype(np.float32)
    y = np.asarray(depth_to_space(jnp.asarray(x)))
    assert y.shape == (2, 6, 10, 2)
    for row, column in itertools.product(range(2), range(2)):
        first = 2 * (2 * row + column)
        np.testing.assert_array_equal(y[:, row::2, column::2], x[..., first : first + 2])


@pytest.mark.parametrize(
    "config",
    [
        {"arch": "dense", "conditioning": "film", "likelihood": "logistic", "prior": "class"},
        {"arch": "conv", "conditioning": "embedding", "upsampling": "subpixel", "blocks": 1},
    ],
    ids=["dense", "conv"],
)
def test_bfloat16_is_only_the_type_of_the_computation(build: Build, config: dict[str, Any]) -> None:
    single, half = (build(dtype=dtype, **config) for dtype in ("float32", "bfloat16"))
    assert {leaf.dtype for leaf in jax.tree.leaves(half.params)} == {jnp.dtype("float32")}
    expected, output = single("__call__", IMAGES, LABELS), half("__call__", IMAGES, LABELS)
    assert {leaf.dtype for leaf in jax.tree.leaves(output)} == {jnp.dtype("float32")}
    for a, b in ((expected.decoded.logits, output.decoded.logits), (expected.posterior.mean, output.posterior.mean)):
        assert 0 < np.abs(a - b).max() < 0.1 * np.abs(a).max()


@pytest.mark.parametrize("prior", ["class", "flow"])
def test_the_prior_is_float32_whatever_the_type_of_the_computation(build: Build, prior: str) -> None:
    single, half = (build(dtype=dtype, prior=prior) for dtype in ("float32", "bfloat16"))
    for method in ("prior_latents", "prior_log_prob"):
        np.testing.assert_array_equal(single(method, LATENTS, LABELS), half(method, LATENTS, LABELS))


def test_a_hidden_layer_as_wide_as_its_input_adds_to_it(build: Build) -> None:
    model = build(hidden=(8, 8), activation="relu")
    layers = jax.device_get(model.params["decoder"])
    x = np.concatenate([LATENTS, np.eye(10)[LABELS]], axis=1)
    x = np.maximum(x @ layers["Dense_0"]["kernel"] + layers["Dense_0"]["bias"], 0)
    x = x + np.maximum(x @ layers["Dense_1"]["kernel"] + layers["Dense_1"]["bias"], 0)
    expected = x @ layers["Dense_2"]["kernel"] + layers["Dense_2"]["bias"]
    logits = model("decode", LATENTS, LABELS).logits - logit(jnp.clip(model.params["mean_image"], 1e-3, 1 - 1e-3))
    np.testing.assert_allclose(logits.reshape(4, -1), expected, atol=1e-5)
