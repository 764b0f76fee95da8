"""Dense encoder and decoder: multi-layer perceptrons."""

from __future__ import annotations

import math

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ..config import ModelConfig
from .conditioning import ConditionedActivation, ConditionedInput
from .gaussian import Gaussian
from .types import ImageShape

TYPICAL_INPUTS = 784
"""Values of an image that the default learning rate suits: 28 x 28, in gray."""


def hidden_layers(
    config: ModelConfig,
    widths: tuple[int, ...],
    x: Float[Array, "batch in"],
    classes: Float[Array, "batch classes"],
) -> Float[Array, "batch out"]:
    """Apply dense layers, whose parameters become those of the calling module.

    A layer as wide as its input adds its output to the input (residual: He et al. 2016, arXiv:1512.03385).
    """
    for width in widths:
        y = ConditionedActivation(config)(nn.Dense(width, dtype=config.dtype)(x), classes)
        x = x + y if x.shape[-1] == width else y
    return x


def scale_down(images: Float[Array, "batch inputs"]) -> Float[Array, "batch inputs"]:
    """Scale large images down, so that the learning rate depends less on their size.

    Adam moves every weight by about the learning rate, whatever the gradient is, and a unit that sums n inputs moves n
    times as far. Yang et al. 2022 (arXiv:2203.03466, table 3) divide the learning rate of hidden layers by n; here the
    inputs of the first layer are divided, which is the same to Adam. Without it, training on 32 x 32 images in color
    diverges.
    """
    inputs = images.shape[-1]
    return images if inputs <= TYPICAL_INPUTS else images * (TYPICAL_INPUTS / inputs)


class DenseEncoder(nn.Module):
    """Map images and one-hot classes to the approximate posterior q(z | x, y)."""

    config: ModelConfig

    @nn.compact
    def __call__(
        self, images: Float[Array, "batch height width *channels"], classes: Float[Array, "batch classes"]
    ) -> Gaussian:
        """Return the posterior's mean and log-variance."""
        config = self.config
        x = ConditionedInput(config)(scale_down(images.reshape(len(images), -1)), classes)
        x = hidden_layers(config, config.hidden, x, classes)
        # One matrix product computes both heads.
        heads = nn.Dense(2 * config.latents, dtype=config.dtype)(x).astype(jnp.float32)
        return Gaussian(*jnp.split(heads, 2, axis=-1))


class DenseDecoder(nn.Module):
    """Map latents and one-hot classes to the logits of the pixels."""

    config: ModelConfig
    image_shape: ImageShape

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch height width *channels"]:
        """Return the logits of p(x | z, y)."""
        config = self.config
        x = ConditionedInput(config)(latents, classes)
        x = hidden_layers(config, config.hidden[::-1], x, classes)
        logits = nn.Dense(math.prod(self.image_shape), dtype=config.dtype)(x)
        return logits.astype(jnp.float32).reshape(-1, *self.image_shape)
