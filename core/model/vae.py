"""The complete model: encoder, prior and decoder."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax
from jaxtyping import Array, Float, Int

from ..config import ModelConfig
from .conv import ConvDecoder, ConvEncoder
from .dense import TYPICAL_INPUTS, DenseDecoder, DenseEncoder
from .gaussian import Gaussian, bound_variance, transform_noise
from .prior import create_prior
from .types import Decoded, ImageShape, Output

INITIAL_SCALE = 0.1
"""Initial scale of the logistic and Gaussian likelihoods, on intensities 0..1."""

MEAN_IMAGE = "mean_image"
"""Name of the constant among the parameters: the mean of the training images, which centers inputs and outputs."""

DARKEST = 1e-3
"""Least distance of the mean image from 0 and 1, so that its log-odds are finite."""

Classes = Int[Array, " batch"] | Float[Array, "batch classes"]
"""The class of each image: its number, or weights of all classes, which are one-hot or a mixture."""


class ConditionalVAE(nn.Module):
    """Encoder q(z | x, y), prior p(z | y), and decoder p(x | z, y).

    y is the class, or a mixture of classes.

    The encoders and decoders are `@nn.compact` modules, because each has a single forward pass. This module uses
    `setup`, because several methods share its submodules.

    In compiled code, call a method with `model.apply({"params": params}, noise, classes, method="generate")`. In a
    notebook, use `bound = model.bind({"params": params})`, then `bound.generate(noise, classes)`.
    """

    config: ModelConfig
    classes: int
    image_shape: ImageShape

    def setup(self) -> None:
        """Build the submodules.

        The parameters are "encoder", "decoder", and "prior" and "log_scale" where they are learned; and the mean image
        of the training data, a constant that is stored with the parameters, because they are of no use without it.
        """
        dense = self.config.arch == "dense"
        self.encoder = DenseEncoder(self.config) if dense else ConvEncoder(self.config)
        self.decoder = (DenseDecoder if dense else ConvDecoder)(self.config, self.image_shape)
        self.prior = create_prior(self.config)
        if self.config.likelihood in ("logistic", "gaussian"):
            self.log_scale = self.param("log_scale", nn.initializers.constant(math.log(INITIAL_SCALE)), ())
        else:
            self.log_scale = jnp.zeros(())
        self.mean_image = lax.stop_gradient(self.param(MEAN_IMAGE, nn.initializers.constant(0.5), self.image_shape))

    def __call__(self, images: Float[Array, "batch height width *channels"], classes: Classes) -> Output:
        """Reconstruct images (intensities 0..1) through one draw of the latents from the "latent" rng."""
        posterior = self.encode(images, classes)
        latents = transform_noise(posterior, jax.random.normal(self.make_rng("latent"), posterior.mean.shape))
        kl = self.prior.kl(posterior, latents, self._weights(classes))
        return Output(self.decode(latents, classes), posterior, latents, kl)

    def encode(self, images: Float[Array, "batch height width *channels"], classes: Classes) -> Gaussian:
        """Return the approximate posterior q(z | x, y) of images (intensities 0..1)."""
        posterior = self.encoder(images - self.mean_image, self._weights(classes))
        # Early in training the many values of a large image narrow the posterior faster than it can widen again.
        return bound_variance(posterior) if math.prod(self.image_shape) > TYPICAL_INPUTS else posterior

    def decode(self, latents: Float[Array, "batch latents"], classes: Classes) -> Decoded:
        """Return the parameters of p(x | z, y)."""
        # The decoder starts at the mean image: its output is the difference of the logits.
        mean_logits = jax.scipy.special.logit(jnp.clip(self.mean_image, DARKEST, 1.0 - DARKEST))
        return Decoded(self.decoder(latents, self._weights(classes)) + mean_logits, self.log_scale)

    def generate(self, noise: Float[Array, "batch latents"], classes: Classes) -> Decoded:
        """Decode draws of the prior from noise N(0, T^2 I).

        T is the temperature.
        """
        return self.decode(self.prior_latents(noise, classes), classes)

    def prior_latents(self, noise: Float[Array, "batch latents"], classes: Classes) -> Float[Array, "batch latents"]:
        """Return the latents to which the prior maps standard normal noise."""
        return self.prior.from_noise(noise, self._weights(classes))

    def prior_log_prob(self, latents: Float[Array, "batch latents"], classes: Classes) -> Float[Array, " batch"]:
        """Return the log density log p(z | y), in nats."""
        return self.prior.log_prob(latents, self._weights(classes))

    def _weights(self, classes: Classes) -> Float[Array, "batch classes"]:
        return classes if classes.ndim == 2 else nn.one_hot(classes, self.classes)
