"""Diagonal Gaussians, used by the approximate posterior and the Gaussian priors."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Gaussian(NamedTuple):
    """A batch of diagonal Gaussians."""

    mean: Float[Array, "batch latents"]
    log_variance: Float[Array, "batch latents"]


LEAST_LOG_VARIANCE = -8.0
"""About the least log-variance of a bounded Gaussian: a dimension may still tell 4 nats from N(0, 1)."""


def bound_variance(gaussian: Gaussian) -> Gaussian:
    """Return a Gaussian whose log-variances are smoothly bounded from below.

    The gradient of the KL divergence has noise of the size 1 / standard deviation (Roeder et al. 2017,
    arXiv:1703.09194, equation 5: the score of q at its own draws). A few images with a tiny variance then outweigh all
    others, and the clipped gradient no longer widens them.
    """
    above = jax.nn.softplus(gaussian.log_variance - LEAST_LOG_VARIANCE)
    return gaussian._replace(log_variance=LEAST_LOG_VARIANCE + above)


def standard_normal(shape: tuple[int, ...]) -> Gaussian:
    """Return N(0, I) in the given shape."""
    return Gaussian(jnp.zeros(shape), jnp.zeros(shape))


def transform_noise(gaussian: Gaussian, noise: Float[Array, "batch latents"]) -> Float[Array, "batch latents"]:
    """Return draws of the Gaussian, made from draws of N(0, I).

    This is the reparameterization trick (Kingma & Welling 2014, section 2.4).
    """
    return gaussian.mean + jnp.exp(0.5 * gaussian.log_variance) * noise


def gaussian_log_prob(gaussian: Gaussian, latents: Float[Array, "batch latents"]) -> Float[Array, " batch"]:
    """Return the log density of latents, in nats."""
    mean, log_variance = gaussian
    squares = jnp.square(latents - mean) * jnp.exp(-log_variance)
    return -0.5 * jnp.sum(squares + log_variance + math.log(2.0 * math.pi), axis=-1)


def gaussian_kl(q: Gaussian, p: Gaussian) -> Float[Array, "batch latents"]:
    """Return KL(q || p) of each dimension, in nats.

    For p = N(0, I) the sum over the dimensions is the one in Kingma & Welling 2014, appendix B.
    """
    ratio = q.log_variance - p.log_variance
    squares = jnp.square(q.mean - p.mean) * jnp.exp(-p.log_variance)
    return 0.5 * (jnp.exp(ratio) + squares - 1.0 - ratio)
