"""The priors of the latents, p(z | y). All priors compute in float32.

Each prior has the same three methods, which take one-hot classes:
- `from_noise` maps draws of N(0, I), or of N(0, T^2 I) for a temperature T, to draws of the prior;
- `log_prob` returns the log density, in nats;
- `kl` returns KL(q || p) by group of dimensions, in nats, given the posterior q and latents drawn from it.
"""

from __future__ import annotations

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ..config import ModelConfig
from .conditioning import ClassTable
from .flow_prior import FlowPrior
from .gaussian import Gaussian, gaussian_kl, gaussian_log_prob, standard_normal, transform_noise


class StandardPrior(nn.Module):
    """N(0, I) for every class."""

    def from_noise(
        self, noise: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latents"]:
        """Return the noise unchanged."""
        return noise

    def log_prob(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, " batch"]:
        """Return the log density of latents, in nats."""
        return gaussian_log_prob(standard_normal(latents.shape), latents)

    def kl(
        self, posterior: Gaussian, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latents"]:
        """Return the analytic KL of each dimension, in nats."""
        return gaussian_kl(posterior, standard_normal(latents.shape))


class ClassPrior(nn.Module):
    """A learned diagonal Gaussian for each class, initialized to N(0, I)."""

    latents: int

    @nn.compact
    def __call__(self, classes: Float[Array, "batch classes"]) -> Gaussian:
        """Return the mean and the log-variance of each class."""
        return Gaussian(*jnp.split(ClassTable(2 * self.latents)(classes), 2, axis=-1))

    def from_noise(
        self, noise: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latents"]:
        """Return the noise, scaled and shifted to the Gaussian of its class."""
        return transform_noise(self(classes), noise)

    def log_prob(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, " batch"]:
        """Return the log density of latents, in nats."""
        return gaussian_log_prob(self(classes), latents)

    def kl(
        self, posterior: Gaussian, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latents"]:
        """Return the analytic KL of each dimension, in nats."""
        return gaussian_kl(posterior, self(classes))


def create_prior(config: ModelConfig) -> StandardPrior | ClassPrior | FlowPrior:
    """Create the configured prior."""
    if config.prior == "class":
        return ClassPrior(config.latents)
    if config.prior == "flow":
        return FlowPrior(config.latents)
    return StandardPrior()
