"""The class-conditioned variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114; Sohn et al. 2015).

Encoders and decoders are `@nn.compact` modules: each reads top to bottom as the one pass that it is.
`ConditionalVAE` uses `setup`, because several methods share its two submodules.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from .config import ModelConfig

IMAGE_SHAPE = (28, 28)


class Gaussian(NamedTuple):
    """A diagonal Gaussian."""

    mean: Float[Array, "batch latents"]
    log_variance: Float[Array, "batch latents"]


class DenseEncoder(nn.Module):
    """Images and one-hot classes to the approximate posterior q(z | x, y), by a multi-layer perceptron."""

    latents: int
    hidden: tuple[int, ...]

    @nn.compact
    def __call__(self, images: Float[Array, "batch 28 28"], classes: Float[Array, "batch classes"]) -> Gaussian:
        """Return the posterior's mean and log-variance."""
        x = jnp.concatenate([images.reshape(len(images), -1), classes], axis=-1)
        for width in self.hidden:
            x = nn.gelu(nn.Dense(width)(x))
        # One matrix product for both heads.
        mean, log_variance = jnp.split(nn.Dense(2 * self.latents)(x), 2, axis=-1)
        return Gaussian(mean, log_variance)


class DenseDecoder(nn.Module):
    """Latents and one-hot classes to the logits of the pixels, by a multi-layer perceptron."""

    hidden: tuple[int, ...]

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch 28 28"]:
        """Return the logits of p(x | z, y)."""
        x = jnp.concatenate([latents, classes], axis=-1)
        for width in reversed(self.hidden):
            x = nn.gelu(nn.Dense(width)(x))
        return nn.Dense(IMAGE_SHAPE[0] * IMAGE_SHAPE[1])(x).reshape(-1, *IMAGE_SHAPE)


class ConvEncoder(nn.Module):
    """Images and one-hot classes to q(z | x, y), by two strided convolutions (28 -> 14 -> 7 pixels)."""

    latents: int
    channels: tuple[int, ...]

    @nn.compact
    def __call__(self, images: Float[Array, "batch 28 28"], classes: Float[Array, "batch classes"]) -> Gaussian:
        """Return the posterior's mean and log-variance."""
        x = images[..., None]
        for width in self.channels:
            x = nn.gelu(nn.Conv(width, kernel_size=(4, 4), strides=(2, 2))(x))
        x = jnp.concatenate([x.reshape(len(x), -1), classes], axis=-1)
        x = nn.gelu(nn.Dense(256)(x))
        mean, log_variance = jnp.split(nn.Dense(2 * self.latents)(x), 2, axis=-1)
        return Gaussian(mean, log_variance)


class ConvDecoder(nn.Module):
    """Latents and one-hot classes to the logits of the pixels, by two transposed convolutions (7 -> 14 -> 28)."""

    channels: tuple[int, ...]

    @nn.compact
    def __call__(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch 28 28"]:
        """Return the logits of p(x | z, y)."""
        x = jnp.concatenate([latents, classes], axis=-1)
        x = nn.gelu(nn.Dense(256)(x))
        x = nn.gelu(nn.Dense(7 * 7 * self.channels[-1])(x)).reshape(-1, 7, 7, self.channels[-1])
        for width in reversed(self.channels[:-1]):
            x = nn.gelu(nn.ConvTranspose(width, kernel_size=(4, 4), strides=(2, 2))(x))
        return nn.ConvTranspose(1, kernel_size=(4, 4), strides=(2, 2))(x)[..., 0]


class ConditionalVAE(nn.Module):
    """Encoder q(z | x, y), decoder p(x | z, y), prior p(z) = N(0, I); y is the class.

    `model.bind({"params": params})` gives the interactive model: `bound.decode(latents, labels)`.
    """

    config: ModelConfig
    classes: int

    def setup(self) -> None:
        """Build the two submodules; their parameters are `params["encoder"]` and `params["decoder"]`."""
        if self.config.arch == "conv":
            self.encoder = ConvEncoder(self.config.latents, self.config.channels)
            self.decoder = ConvDecoder(self.config.channels)
        else:
            self.encoder = DenseEncoder(self.config.latents, self.config.hidden)
            self.decoder = DenseDecoder(self.config.hidden)

    def __call__(
        self, images: Float[Array, "batch 28 28"], labels: Int[Array, " batch"]
    ) -> tuple[Float[Array, "batch 28 28"], Gaussian]:
        """Reconstruct images (intensities 0..1) through one draw of the latents from the "latent" rng.

        Returns:
            The pixels' logits and the posterior that the latents were drawn from.
        """
        posterior = self.encode(images, labels)
        noise = jax.random.normal(self.make_rng("latent"), posterior.mean.shape)
        # The reparameterisation trick: Kingma & Welling 2014, section 2.4.
        latents = posterior.mean + jnp.exp(0.5 * posterior.log_variance) * noise
        return self.decode(latents, labels), posterior

    def encode(self, images: Float[Array, "batch 28 28"], labels: Int[Array, " batch"]) -> Gaussian:
        """The approximate posterior of the latents."""
        return self.encoder(images, nn.one_hot(labels, self.classes))

    def decode(
        self, latents: Float[Array, "batch latents"], labels: Int[Array, " batch"]
    ) -> Float[Array, "batch 28 28"]:
        """The logits of the pixels."""
        return self.decoder(latents, nn.one_hot(labels, self.classes))
