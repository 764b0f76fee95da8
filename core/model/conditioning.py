"""Condition the networks on the class, at the input or in every hidden layer.

Every network uses both `ConditionedInput` and `ConditionedActivation`; each is the identity, or the plain
nonlinearity, when the configuration assigns the class to the other one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from flax import linen as nn
from flax.linen.dtypes import promote_dtype
from jax import lax
from jaxtyping import Array, DTypeLike, Float

from ..config import Activation, ModelConfig

EMBEDDING_WIDTH = 16
"""Dimensions of the embedding of a class."""

ACTIVATIONS: Mapping[Activation, Callable[[Array], Array]] = {"gelu": nn.gelu, "relu": nn.relu, "silu": nn.silu}


class ClassTable(nn.Module):
    """A learned vector for each class.

    A class is always a one-hot vector, so that looking up its row is a matrix product: its gradient, unlike that of an
    indexed lookup, is summed in the same order every time, also on a GPU. The parameter is named as in `nn.Embed`, and
    is no "kernel": weight decay leaves it alone.
    """

    features: int
    embedding_init: nn.initializers.Initializer = nn.initializers.zeros_init()
    dtype: DTypeLike | None = None

    @nn.compact
    def __call__(self, classes: Float[Array, "batch classes"]) -> Float[Array, "batch {self.features}"]:
        """Return the row of each class, or the weighted mean of the rows for a mixture of classes."""
        table = self.param("embedding", self.embedding_init, (classes.shape[-1], self.features))
        classes, table = promote_dtype(classes, table, dtype=self.dtype)
        # HIGHEST keeps float32 precision on devices that round products by default (TF32, TPU).
        return jnp.matmul(classes, table, precision=lax.Precision.HIGHEST)


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
            init = nn.initializers.lecun_normal()
            classes = ClassTable(EMBEDDING_WIDTH, init, self.config.dtype)(classes)
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
            film = ClassTable(2 * x.shape[-1], dtype=self.config.dtype)(classes)
            delta, shift = jnp.split(jnp.expand_dims(film, tuple(range(1, x.ndim - 1))), 2, axis=-1)
            x = (1.0 + delta) * x + shift
        return ACTIVATIONS[self.config.activation](x)
