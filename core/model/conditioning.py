"""Condition the networks on the class, at the input or in every hidden layer.

Every network uses both modules; each is the identity, or the plain nonlinearity, when the configuration assigns the
class to the other one. A class is always a one-hot vector: a learned vector for each class is then a matrix product,
whose gradient, unlike that of a lookup, is summed in the same order every time, also on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ..config import Activation, ModelConfig

EMBEDDING_WIDTH = 16
"""Dimensions of the embedding of a class."""

ACTIVATIONS: Mapping[Activation, Callable[[Array], Array]] = {"gelu": nn.gelu, "relu": nn.relu, "silu": nn.silu}


class ConditionedInput(nn.Module):
    """Join the class to the features, except with "film".

    It is a one-hot vector or an embedding.
    """

    config: ModelConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch features"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch joined"]:
        """Return the features followed by those of the class."""
        if self.config.conditioning == "film":
            return x
        if self.config.conditioning == "embedding":
            classes = nn.Dense(EMBEDDING_WIDTH, use_bias=False, dtype=self.config.dtype, name="embedding")(classes)
        return jnp.concatenate([x, classes.astype(x.dtype)], axis=-1)


class ConditionedActivation(nn.Module):
    """The nonlinearity of a hidden layer, after modulation by the class with "film".

    Feature-wise linear modulation: Perez et al. 2018, arXiv:1709.07871, equation 2, with the scale as 1 + delta.
    """

    config: ModelConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch *space features"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch *space features"]:
        """Return the activations, in the shape of `x`."""
        if self.config.conditioning == "film":
            # Initialized to zero, so that the scale starts at 1 and the shift at 0 for every class.
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
