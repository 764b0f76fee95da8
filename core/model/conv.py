"""Convolutional encoder and decoder with three resolutions, such as 28x28, 14x14 and 7x7 pixels.

Images whose height or width is no multiple of 4 are padded on the right and at the bottom.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ..config import ModelConfig
from .conditioning import ConditionedActivation, ConditionedInput
from .convolution import Convolution, StridedConvolution, TransposedConvolution, depth_to_space, pad_to_multiple
from .gaussian import Gaussian
from .types import ImageShape

BOTTLENECK = 256
"""Units of the dense layer between the lowest resolution and the latents, in the encoder and in the decoder."""


SCALE = 4
"""The highest resolution divided by the lowest."""


class ResidualBlock(nn.Module):
    """A pre-activation residual block of two convolutions (He et al. 2016, arXiv:1603.05027, figure 4e).

    There is no normalization. Instead the second convolution is initialized to zero, so that each block starts as the
    identity and a deep network starts as a shallow one (Zhang et al. 2019, arXiv:1901.09321, section 3).
    """

    config: ModelConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width channels"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch height width channels"]:
        """Return features of the same shape."""
        config, width = self.config, x.shape[-1]
        y = ConditionedActivation(config)(x, classes)
        y = Convolution(width, dtype=config.dtype)(y)
        y = ConditionedActivation(config)(y, classes)
        zeros = nn.initializers.zeros_init()
        return x + Convolution(width, kernel_init=zeros, dtype=config.dtype)(y)


class Upsampling(nn.Module):
    """Double the resolution (sub-pixel: Shi et al. 2016, arXiv:1609.05158).

    The sub-pixel convolution works at the low resolution and computes four values for each output channel, which
    become 2x2 pixels.
    """

    config: ModelConfig
    channels: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width in"]
    ) -> Float[Array, "batch 2*height 2*width {self.channels}"]:
        """Return the features at twice the height and width."""
        if self.config.upsampling == "transposed":
            return TransposedConvolution(self.channels, dtype=self.config.dtype)(x)
        return depth_to_space(Convolution(4 * self.channels, dtype=self.config.dtype)(x))


class ConvEncoder(nn.Module):
    """Map images and one-hot classes to the posterior; two convolutions halve the resolution."""

    config: ModelConfig

    @nn.compact
    def __call__(
        self, images: Float[Array, "batch height width *channels"], classes: Float[Array, "batch classes"]
    ) -> Gaussian:
        """Return the posterior's mean and log-variance."""
        config = self.config
        x = pad_to_multiple(images if images.ndim == 4 else images[..., None], SCALE)
        for width in config.channels:
            x = StridedConvolution(width, dtype=config.dtype)(x)
            for _ in range(config.blocks):
                x = ResidualBlock(config)(x, classes)
            x = ConditionedActivation(config)(x, classes)
        x = ConditionedInput(config)(x.reshape(len(x), -1), classes)
        x = ConditionedActivation(config)(nn.Dense(BOTTLENECK, dtype=config.dtype)(x), classes)
        # One matrix product computes both heads.
        heads = nn.Dense(2 * config.latents, dtype=config.dtype)(x).astype(jnp.float32)
        return Gaussian(*jnp.split(heads, 2, axis=-1))


class ConvDecoder(nn.Module):
    """Map latents and one-hot classes to pixel logits; two convolutions double the resolution."""

    config: ModelConfig
    image_shape: ImageShape

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch height width *channels"]:
        """Return the logits of p(x | z, y)."""
        config = self.config
        x = ConditionedInput(config)(latents, classes)
        x = ConditionedActivation(config)(nn.Dense(BOTTLENECK, dtype=config.dtype)(x), classes)
        height, width, *channels = self.image_shape
        lowest = (-(-height // SCALE), -(-width // SCALE), config.channels[-1])
        x = nn.Dense(math.prod(lowest), dtype=config.dtype)(x).reshape(-1, *lowest)
        for features in (config.channels[0], math.prod(channels)):
            for _ in range(config.blocks):
                x = ResidualBlock(config)(x, classes)
            x = Upsampling(config, features)(ConditionedActivation(config)(x, classes))
        return x[:, :height, :width].reshape(-1, *self.image_shape).astype(jnp.float32)
