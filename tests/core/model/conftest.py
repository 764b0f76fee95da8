"""Models so small that a test can build many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import apply
from vae_tui.core.config import ModelConfig
from vae_tui.core.model import ConditionalVAE

TINY = {
    "latents": 3,
    "hidden": (16, 8),
    "channels": (4, 8),
    "conditioning": "onehot",
    "prior": "standard",
    "likelihood": "bernoulli",
    "activation": "gelu",
}


def init(model: ConditionalVAE) -> Any:
    rngs = {name: jax.random.key(0, impl="rbg") for name in ("params", "latent")}  # quick to compile
    return model.init(rngs, jnp.zeros((1, 28, 28)), jnp.zeros(1, jnp.int32))["params"]


@dataclass(frozen=True)
class Built:
    """A model with parameters; its methods are compiled once for all tests."""

    model: ConditionalVAE
    params: Any

    def __call__(self, method: str, *args: jax.Array, rng: int = 0) -> Any:
        return apply(self.model, self.params, method, *args, rng=jax.random.key(rng))


@pytest.fixture
def shapes() -> Callable[..., Any]:
    """The shapes of a model's parameters."""
    return lambda **config: jax.eval_shape(
        lambda: init(ConditionalVAE(ModelConfig(**{**TINY, **config}), 10, (28, 28)))
    )


@pytest.fixture
def build(shapes: Callable[..., Any]) -> Callable[..., Built]:
    """Make a model with parameters that are none of them zero, or as a training starts."""

    def make(*, start: bool = False, **config: Any) -> Built:
        model = ConditionalVAE(ModelConfig(**{**TINY, **config}), classes=10, image_shape=(28, 28))
        if start:
            return Built(model, jax.jit(lambda: init(model))())
        random = np.random.default_rng(0)

        def draw(leaf: jax.ShapeDtypeStruct) -> jax.Array:
            inputs = np.prod(leaf.shape[:-1])
            return jnp.asarray(random.normal(size=leaf.shape) / np.sqrt(inputs), leaf.dtype)

        mean_image = jnp.asarray(random.uniform(size=(28, 28)), jnp.float32)
        return Built(model, jax.tree.map(draw, shapes(**config)) | {"mean_image": mean_image})

    return make
