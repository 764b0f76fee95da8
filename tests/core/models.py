"""A model's functions, compiled once for all tests that use the same model."""

from functools import partial
from typing import Any

import jax
from vae_tui.core.model import ConditionalVAE


@partial(jax.jit, static_argnames=("model", "method"))
def apply(model: ConditionalVAE, params: Any, method: str, *args: Any, rng: jax.Array | None = None) -> Any:
    """What a method of a model returns for parameters; `rng` is the key of the latents, where they are drawn."""
    return model.apply({"params": params}, *args, rngs=None if rng is None else {"latent": rng}, method=method)
