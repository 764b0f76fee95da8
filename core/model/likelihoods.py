"""The likelihoods p(x | z, y) of the pixels, which are independent given the decoder's output."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ..config import Likelihood
from .types import Decoded

_HALF_LEVEL = 0.5 / 255.0
"""Half the distance of two neighbouring grey levels, as intensities."""


def negative_log_likelihood(
    kind: Likelihood, decoded: Decoded, images: Float[Array, "batch 28 28"]
) -> Float[Array, " batch"]:
    """-log p(x | z, y) in nats, summed over the pixels.

    Args:
        kind: The likelihood.
        decoded: Its parameters, from the decoder.
        images: Intensities 0..1; for "binarized" as `create_targets` draws them, for "logistic" multiples of 1/255.
    """
    by_pixel = {"bernoulli": bernoulli, "binarized": bernoulli, "logistic": logistic, "gaussian": gaussian}[kind]
    return jnp.sum(by_pixel(decoded, images), axis=(-2, -1))


def create_targets(
    kind: Likelihood, rng: Key[Array, ""], images: Float[Array, "batch 28 28"]
) -> Float[Array, "batch 28 28"]:
    """What the model is given to encode and has to explain, from intensities 0..1.

    For "binarized" each pixel is 1 with its intensity as probability, drawn anew at every call (Salakhutdinov &
    Murray 2008); for the other likelihoods the intensities themselves.
    """
    if kind == "binarized":
        return jax.random.bernoulli(rng, images).astype(images.dtype)
    return images


def most_likely_targets(kind: Likelihood, images: Float[Array, "batch 28 28"]) -> Float[Array, "batch 28 28"]:
    """The most probable of what `create_targets` may draw, for what is to be the same each time.

    For "binarized" an intensity from 0.5 on is 1; for the other likelihoods the intensities themselves.
    """
    if kind == "binarized":
        return (images >= 0.5).astype(images.dtype)
    return images


def bernoulli(decoded: Decoded, images: Float[Array, "batch 28 28"]) -> Float[Array, "batch 28 28"]:
    """-log p of each pixel that is 1 with probability sigmoid(logit), in nats.

    For intensities between 0 and 1 this is the cross-entropy (Kingma & Welling 2014, appendix C.1), customary but not
    normalised as a density of them: compare it with "binarized" or other models' log-likelihoods with care.
    """
    return softplus(decoded.logits) - decoded.logits * images


def gaussian(decoded: Decoded, images: Float[Array, "batch 28 28"]) -> Float[Array, "batch 28 28"]:
    """-log density of each intensity under N(sigmoid(logit), exp(log_scale)^2), in nats; it can be negative.

    Kingma & Welling 2014, appendix C.2, with one variance for all pixels.
    """
    deviation = (images - jax.nn.sigmoid(decoded.logits)) * jnp.exp(-decoded.log_scale)
    return 0.5 * jnp.square(deviation) + decoded.log_scale + 0.5 * math.log(2.0 * math.pi)


def logistic(decoded: Decoded, images: Float[Array, "batch 28 28"]) -> Float[Array, "batch 28 28"]:
    """-log probability of each of the 256 grey levels under a discretised logistic distribution, in nats.

    A level has the mass of a logistic distribution, of location sigmoid(logit) and scale exp(log_scale), within half
    a level of it; the first and last level also have the tails (Kingma et al. 2016, arXiv:1606.04934; Salimans et
    al. 2017, arXiv:1701.05517, equation 2).

    The two papers take the logarithm of a difference, which vanishes in float32 far from the location. With a and b
    the standardised upper and lower edge, the same is log s(a) + log s(-b) + log(1 - exp(b - a)), s the sigmoid: no
    term cancels, no logarithm of 0 needs a bound, and the gradient stays right for the most unlikely pixel.
    """
    inverse_scale = jnp.exp(-decoded.log_scale)
    deviation = images - jax.nn.sigmoid(decoded.logits)
    below_upper = softplus(-(deviation + _HALF_LEVEL) * inverse_scale)  # -log s(a): a draw is below the upper edge
    above_lower = softplus((deviation - _HALF_LEVEL) * inverse_scale)  # -log s(-b): a draw is above the lower edge
    inside = below_upper + above_lower - jnp.log(-jnp.expm1(-2.0 * _HALF_LEVEL * inverse_scale))
    return jnp.where(images < _HALF_LEVEL, below_upper, jnp.where(images > 1.0 - _HALF_LEVEL, above_lower, inside))


def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """log(1 + exp(x)), for finite x.

    `jax.nn.softplus` also treats infinities, and takes twice the time for it: this is the largest part of the loss.
    Both branches have the same derivative at 0, so the gradient is right there too.
    """
    positive = x > 0
    return jnp.where(positive, x, 0.0) + jnp.log1p(jnp.exp(jnp.where(positive, -x, x)))
