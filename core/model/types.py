"""The types of the model's inputs and outputs."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Float

from ..protocol import ImageShape
from .gaussian import Gaussian

__all__ = ["Decoded", "ImageShape", "Output"]


class Decoded(NamedTuple):
    """The parameters of p(x | z, y).

    For every likelihood the location of a pixel is `sigmoid(logits)`. The location is the mean, except for the
    discretized logistic, whose tails are folded into the first and the last gray level.
    """

    logits: Float[Array, "batch height width *channels"]
    log_scale: Float[Array, ""]
    """Log of the scale of the logistic or Gaussian likelihood, on intensities 0..1; zero for Bernoulli likelihoods."""


class Output(NamedTuple):
    """The output of one pass through the model, with one draw of the latents."""

    decoded: Decoded
    posterior: Gaussian
    latents: Float[Array, "batch latents"]
    kl: Float[Array, "batch groups"]
    """KL(q(z | x, y) || p(z | y)) by group of latent dimensions, in nats.

    For the standard and the class prior it is analytic, and each dimension is a group. For the flow prior all
    dimensions are one group, and it is the estimate log q(z | x, y) - log p(z | y) at the drawn latents.
    """
