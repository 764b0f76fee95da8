"""How the class enters the encoder and the decoder: beside the input, or in every hidden layer.

Either of the two modules stands in every network, and does nothing of its own where the configuration leaves the
class to the other. A class is a one-hot vector throughout: a learned vector for each class is then a matrix product,
whose gradient, unlike that of a look-up, adds up in the same order every time, also on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ..config import Activation, ModelConfig

EMBEDDING_WIDTH = 16
"""Numbers that the embedding has for each class."""

ACTIVATIONS: Mapping[Activation, Callable[[Array], Array]] = {"gelu": nn.gelu, "relu": nn.relu, "silu": nn.silu}


class ConditionedInput(nn.Module):
    """Features, and beside them the class: its one-hot vector or its embedding; with "film" nothing."""

    config: ModelConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch features"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch joined"]:
        """Return the features with those of the class after them."""
        if self.config.conditioning == "film":
            return x
        if self.config.conditioning == "embedding":
            classes = nn.Dense(EMBEDDING_WIDTH, use_bias=False, dtype=self.config.dtype, name="embedding")(classes)
        return jnp.concatenate([x, classes.astype(x.dtype)], axis=-1)


class ConditionedActivation(nn.Module):
    """The nonlinearity of a hidden layer; with "film", on features that the class has scaled and shifted.

    Feature-wise linear modulation: Perez et al. 2018, arXiv:1709.07871, equation 2, with the scale as 1 + delta.
    """

    config: ModelConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch *space features"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch *space features"]:
        """Return the activations, one for each feature."""
        if self.config.conditioning == "film":
            # Zeros: the scale starts at 1 and the shift at 0, for every class.
            film = nn.Dense(
                2 * x.shape[-1],
                use_bias=False,
                dtype=self.config.dtype,
                kernel_init=nn.initializers.zeros_init(),
                name="film",
            )(classes)
            delta, shift = jnp.split(jnp.expand_dims(film, tuple(range(1, x.ndim - 1))), 2, axis=-1)
            x = (1.0 + delta) * x + shift
        return ACTIVATIONS[self.config.activation](x)
