"""What the model takes and gives."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Float

from .gaussian import Gaussian

IMAGE_SHAPE = (28, 28)
"""Height and width of the images, in pixels."""


class Decoded(NamedTuple):
    """The parameters of p(x | z, y).

    Whatever the likelihood, the location of a pixel is `sigmoid(logits)`: its mean, except for the discretised
    logistic, whose tails are folded into the first and the last grey level.
    """

    logits: Float[Array, "batch 28 28"]
    log_scale: Float[Array, ""]
    """Log of the scale of the logistic or the Gaussian, on intensities 0..1; zero for the Bernoulli likelihoods."""


class Output(NamedTuple):
    """One pass through the model, with one draw of the latents."""

    decoded: Decoded
    posterior: Gaussian
    latents: Float[Array, "batch latents"]
    kl: Float[Array, "batch groups"]
    """KL(q(z | x, y) || p(z | y)) by group of latent dimensions, in nats.

    Analytic, and a group a dimension, for the standard and the class prior. For the flow prior one group in all:
    the estimate log q(z | x, y) - log p(z | y) at the drawn latents.
    """
