"""The terms of the evidence lower bound, in nats."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from .model import Gaussian


class ElboTerms(NamedTuple):
    """The two terms of the negative evidence lower bound, one value an image, in nats."""

    reconstruction: Float[Array, " batch"]
    kl: Float[Array, " batch"]


def bernoulli_nll(logits: Float[Array, "batch 28 28"], images: Float[Array, "batch 28 28"]) -> Float[Array, " batch"]:
    """Negative log-likelihood of intensities 0..1 under independent Bernoulli pixels, summed over the pixels.

    For intensities between 0 and 1 this is the cross-entropy (Kingma & Welling 2014, appendix C.1).
    """
    return jnp.sum(optax.sigmoid_binary_cross_entropy(logits, images), axis=(-2, -1))


def gaussian_kl(posterior: Gaussian) -> Float[Array, " batch"]:
    """KL(q || N(0, I)) of a diagonal Gaussian q, summed over its dimensions (Kingma & Welling 2014, appendix B)."""
    mean, log_variance = posterior
    return 0.5 * jnp.sum(jnp.exp(log_variance) + jnp.square(mean) - 1.0 - log_variance, axis=-1)


def elbo_terms(
    logits: Float[Array, "batch 28 28"], images: Float[Array, "batch 28 28"], posterior: Gaussian
) -> ElboTerms:
    """Reconstruction and KL terms; their sum is the negative evidence lower bound of each image."""
    return ElboTerms(bernoulli_nll(logits, images), gaussian_kl(posterior))
