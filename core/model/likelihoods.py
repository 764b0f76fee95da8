"""The likelihoods p(x | z, y) of the pixels, which are independent given z and y."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, UInt8

from ..config import Likelihood
from .types import Decoded

_HALF_LEVEL = 0.5 / 255.0
"""Half the distance between neighboring gray levels, as an intensity."""


def negative_log_likelihood(
    kind: Likelihood, decoded: Decoded, images: Float[Array, "batch height width *channels"]
) -> Float[Array, " batch"]:
    """Return -log p(x | z, y) in nats, summed over the pixels and their channels.

    Args:
        kind: The likelihood.
        decoded: The parameters of the likelihood, from the decoder.
        images: Intensities 0..1, as `create_targets` returns them for this likelihood.
    """
    by_pixel = {"bernoulli": bernoulli, "binarized": bernoulli, "logistic": logistic, "gaussian": gaussian}[kind]
    return jnp.sum(by_pixel(decoded, images), axis=tuple(range(1, images.ndim)))


def entropy_of_intensities(images: UInt8[np.ndarray, "n height width *channels"]) -> float:
    """Return the least possible mean of the "bernoulli" loss on images, in nats per image.

    The cross-entropy of an intensity x and a probability p is least at p = x, where it is the entropy of x: no model
    can learn this part of the loss.
    """
    x = np.arange(1, 255) / 255.0  # the entropy of black and white is 0
    entropy = -x * np.log(x) - (1.0 - x) * np.log(1.0 - x)
    return float(np.bincount(images.ravel(), minlength=256)[1:-1] @ entropy / len(images))


def create_targets(
    kind: Likelihood, rng: Key[Array, ""], images: Float[Array, "batch height width *channels"]
) -> Float[Array, "batch height width *channels"]:
    """Return the images that the model encodes and reconstructs, from intensities 0..1.

    For "binarized" each pixel is a Bernoulli draw with the intensity as its probability (Salakhutdinov & Murray 2008);
    for the other likelihoods the targets are not random (`most_likely_targets`).
    """
    if kind == "binarized":
        return jax.random.bernoulli(rng, images).astype(images.dtype)
    return most_likely_targets(kind, images)


def most_likely_targets(
    kind: Likelihood, images: Float[Array, "batch height width *channels"]
) -> Float[Array, "batch height width *channels"]:
    """Return the most probable result of `create_targets`, for uses that must not be random.

    For "binarized" the targets are 1 where the intensity is at least 0.5; for "logistic" they are the nearest gray
    levels, because augmentation interpolates between levels; for the other likelihoods they are the intensities.
    """
    if kind == "binarized":
        return (images >= 0.5).astype(images.dtype)
    if kind == "logistic":
        return jnp.round(images * 255.0) / 255.0
    return images


def bernoulli(
    decoded: Decoded, images: Float[Array, "batch height width *channels"]
) -> Float[Array, "batch height width *channels"]:
    """Return -log p of each pixel that is 1 with probability sigmoid(logit), in nats.

    For intensities between 0 and 1 this is the cross-entropy (Kingma & Welling 2014, appendix C.1). It is customary,
    but not normalized as a density of intensities, so it is not comparable with the log-likelihoods of "binarized" or
    of other models.
    """
    return softplus(decoded.logits) - decoded.logits * images


def gaussian(
    decoded: Decoded, images: Float[Array, "batch height width *channels"]
) -> Float[Array, "batch height width *channels"]:
    """Return the -log density of each intensity under N(sigmoid(logit), exp(log_scale)^2), in nats.

    It can be negative. Kingma & Welling 2014, appendix C.2, with one variance for all pixels.
    """
    deviation = (images - jax.nn.sigmoid(decoded.logits)) * jnp.exp(-decoded.log_scale)
    return 0.5 * jnp.square(deviation) + decoded.log_scale + 0.5 * math.log(2.0 * math.pi)


def logistic(
    decoded: Decoded, images: Float[Array, "batch height width *channels"]
) -> Float[Array, "batch height width *channels"]:
    """Return the -log probability of each gray level, in nats.

    The gray levels are 256, under a discretized logistic.

    The probability of a gray level is the mass of a logistic distribution, with location sigmoid(logit) and scale
    exp(log_scale), within half a level; the first and the last level also include the tails (Kingma et al. 2016,
    arXiv:1606.04934; Salimans et al. 2017, arXiv:1701.05517, equation 2).

    Both papers take the logarithm of a difference, which vanishes in float32 far from the location. With a and b the
    standardized upper and lower edges and s the sigmoid, this function computes the equal
    log s(a) + log s(-b) + log(1 - exp(b - a)): no terms cancel, the logarithm needs no lower bound, and the gradient
    is accurate even for very unlikely pixels.
    """
    inverse_scale = jnp.exp(-decoded.log_scale)
    deviation = images - jax.nn.sigmoid(decoded.logits)
    below_upper = softplus(-(deviation + _HALF_LEVEL) * inverse_scale)  # -log s(a): a draw is below the upper edge
    above_lower = softplus((deviation - _HALF_LEVEL) * inverse_scale)  # -log s(-b): a draw is above the lower edge
    inside = below_upper + above_lower - jnp.log(-jnp.expm1(-2.0 * _HALF_LEVEL * inverse_scale))
    return jnp.where(images < _HALF_LEVEL, below_upper, jnp.where(images > 1.0 - _HALF_LEVEL, above_lower, inside))


def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return log(1 + exp(x)), for finite x.

    `jax.nn.softplus` also handles infinities, which takes twice the time (with its gradient, 0.37 instead of 0.18 ms
    for a batch of 128 on two CPU cores), and softplus is the most expensive part of the loss. Both branches have the
    same derivative at 0, so the gradient is correct there as well.
    """
    positive = x > 0
    return jnp.where(positive, x, 0.0) + jnp.log1p(jnp.exp(jnp.where(positive, -x, x)))
