"""Images from any codes."""

import functools
from collections.abc import Callable
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import apply
from vae_tui.core.config import Architecture, Likelihood, ModelConfig, Prior
from vae_tui.core.errors import UsageError
from vae_tui.core.inference import explorer as explorer_module
from vae_tui.core.inference.explorer import Explorer
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.model import ConditionalVAE, Decoded
from vae_tui.core.protocol.commands import MAX_CODES, CodeSpace, Generate

CLASSES, LATENTS = 5, 3
Build = Callable[..., tuple[ConditionalVAE, Any]]


@pytest.fixture(scope="module")
def build() -> Build:
    """A model with parameters that make something of the class and of the latents."""

    @functools.cache
    def make(
        prior: Prior = "flow", arch: Architecture = "dense", likelihood: Likelihood = "bernoulli"
    ) -> tuple[ConditionalVAE, Any]:
        config = ModelConfig(
            arch=arch, latents=LATENTS, hidden=(8,), channels=(4, 8), prior=prior, likelihood=likelihood
        )
        model = ConditionalVAE(config, CLASSES, (28, 28))
        rngs = {"params": jax.random.key(0), "latent": jax.random.key(1)}
        params = jax.jit(model.init)(rngs, jnp.zeros((1, 28, 28)), jnp.zeros(1, jnp.int32))["params"]
        rng = np.random.default_rng(0)
        return model, jax.tree.map(lambda leaf: leaf + 0.2 * rng.standard_normal(leaf.shape, np.float32), params)

    return make


def command(n: int, space: CodeSpace = "noise", **changes: Any) -> Generate:
    """Codes of class 0, 1, 2 .. in turn."""
    values: dict[str, Any] = {
        "codes": np.random.default_rng(n).normal(size=(n, LATENTS)).astype(np.float32),
        "classes": np.eye(CLASSES, dtype=np.float32)[np.arange(n) % CLASSES],
    }
    return Generate(ticket=1, space=space, **(values | changes))


@pytest.mark.parametrize(
    ("prior", "arch"),
    [
        ("flow", "dense"),
        *(pytest.param(prior, "dense", marks=pytest.mark.soak) for prior in get_args(Prior) if prior != "flow"),
        pytest.param("flow", "conv", marks=pytest.mark.soak),
    ],
)
def test_images_are_those_of_the_model(build: Build, prior: Prior, arch: Architecture) -> None:
    model, params = build(prior, arch)
    explorer = Explorer(model, local_mesh())
    asked = command(7)
    labels = np.arange(7) % CLASSES
    decoded_of: dict[CodeSpace, Decoded] = {
        "noise": apply(model, params, "generate", asked.codes, labels),
        "latents": apply(model, params, "decode", asked.codes, labels),
    }
    for space, decoded in decoded_of.items():
        images = explorer.generate(params, command(7, space, codes=asked.codes))
        assert images.shape == (7, 28, 28)
        np.testing.assert_allclose(images, 255 * jax.nn.sigmoid(decoded.logits), atol=0.51)


def test_a_mixture_lies_between_its_classes(build: Build) -> None:
    """With the flow the latents depend on the class, too."""
    model, params = build()
    codes = np.repeat(np.random.default_rng(0).normal(size=(1, LATENTS)), 3, axis=0).astype(np.float32)
    classes = np.zeros((3, CLASSES), np.float32)
    classes[0, 1] = classes[2, 4] = 1.0
    classes[1, [1, 4]] = 0.25, 0.75
    one, mixture, other = (
        Explorer(model, local_mesh()).generate(params, command(3, codes=codes, classes=classes)).astype(float)
    )
    direct = apply(model, params, "generate", codes[1:2], classes[1:2])
    np.testing.assert_allclose(mixture, 255 * jax.nn.sigmoid(direct.logits[0]), atol=0.51)
    assert 0 < np.abs(mixture - other).mean() < np.abs(one - other).mean()


def test_there_is_one_compilation_for_each_space_whatever_the_number_of_codes(build: Build) -> None:
    model, params = build()
    explorer = Explorer(model, local_mesh())
    compiled = list[int]()
    for n in (1, 5, MAX_CODES):
        for space in get_args(CodeSpace):
            explorer.generate(params, command(n, space))
        compiled.append(explorer_module._draw._cache_size())  # type: ignore[attr-defined]
    assert len(set(compiled)) == 1


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (command(0), "0 codes were given; 1 to 64"),
        (command(MAX_CODES + 1), "65 codes were given; 1 to 64"),
        (command(2, codes=np.zeros((2, LATENTS + 1), np.float32)), "the codes are 2x4; this model takes 2x3"),
        (command(2, codes=np.zeros(2, np.float32)), "the codes are 2; this model takes 2x3"),
        (command(2, codes=np.array(1.0, np.float32)), "0 codes"),
        (command(2, classes=np.ones((3, CLASSES), np.float32)), "the classes are 3x5; this model takes 2x5"),
        (command(2, codes=np.array([[0, 1, 2], [0, np.nan, 2]], np.float32)), "the codes are not all finite"),
        (command(1, classes=np.array([[0, 0, 0, 0, np.inf]], np.float32)), "the classes are not all finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(build: Build, asked: Generate, problem: str) -> None:
    model, _ = build()
    with pytest.raises(UsageError, match=problem):
        Explorer(model, local_mesh()).check(asked)


@pytest.mark.parametrize(
    "likelihood",
    [
        "binarized",
        *(pytest.param(each, marks=pytest.mark.soak) for each in get_args(Likelihood) if each != "binarized"),
    ],
)
def test_a_model_reconstructs_images_of_the_kind_that_it_was_trained_on(build: Build, likelihood: Likelihood) -> None:
    model, params = build(likelihood=likelihood)
    grey = np.random.default_rng(0).integers(0, 256, (CLASSES, 1, 28, 28), dtype=np.uint8)
    seen = np.where(grey < 128, 0, 255) if likelihood == "binarized" else grey
    labels = np.arange(CLASSES)
    means = apply(model, params, "encode", seen[:, 0].astype(np.float32) / 255, labels).mean
    expected = 255 * jax.nn.sigmoid(apply(model, params, "decode", means, labels).logits)
    np.testing.assert_allclose(Explorer(model, local_mesh()).reconstruct(params, grey)[:, 0], expected, atol=0.51)


def test_codes_that_lead_to_no_picture_are_refused(build: Build) -> None:
    model, params = build()
    huge = command(2, "latents", codes=np.full((2, LATENTS), 3e38, np.float32))
    explorer = Explorer(model, local_mesh())
    explorer.check(huge)
    with pytest.raises(UsageError, match="too large"):
        explorer.generate(params, huge)
