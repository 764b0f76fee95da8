"""A normalizing-flow prior: RealNVP (Dinh et al. 2017, arXiv:1605.08803), conditioned on the class."""

from __future__ import annotations

import jax.numpy as jnp
from flax import linen as nn
from jax import lax
from jaxtyping import Array, Float

from .gaussian import Gaussian, gaussian_log_prob, standard_normal

COUPLINGS = 6
"""Layers of the flow."""

WIDTH = 128
"""Hidden units of each layer."""


class AffineCoupling(nn.Module):
    """Scale and shift half of the dimensions.

    The amounts depend on the class and the other half.

    Dinh et al. 2017, sections 3.2 and 3.4. A layer can be inverted because the scale and the shift depend only on the
    half that it leaves unchanged.
    """

    latents: int
    parity: int
    """The dimensions that stay unchanged: 0 for the even, 1 for the odd ones."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> tuple[Float[Array, "batch latents"], Float[Array, "batch latents"]]:
        """Return the log-scale, in -1..1, and the shift.

        Both are zero for the dimensions that stay unchanged, and for all dimensions at initialization.
        """
        stays = jnp.arange(self.latents) % 2 == self.parity
        # HIGHEST keeps float32 precision on devices that round products by default (TF32, TPU).
        hidden = nn.Dense(WIDTH, precision=lax.Precision.HIGHEST)
        output = nn.Dense(2 * self.latents, precision=lax.Precision.HIGHEST, kernel_init=nn.initializers.zeros_init())
        y = nn.relu(hidden(jnp.concatenate([jnp.where(stays, x, 0.0), classes], axis=-1)))
        log_scale, shift = jnp.split(output(y), 2, axis=-1)
        return jnp.where(stays, 0.0, jnp.tanh(log_scale)), jnp.where(stays, 0.0, shift)


class FlowPrior(nn.Module):
    """The distribution of latents that the layers map to N(0, I) noise.

    The flow starts as the identity. It uses `setup`, because both directions share the layers.
    """

    latents: int

    def setup(self) -> None:
        """Build the layers, which alternate between even and odd dimensions."""
        self.couplings = [AffineCoupling(self.latents, parity=i % 2) for i in range(COUPLINGS)]

    def to_noise(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> tuple[Float[Array, "batch latents"], Float[Array, " batch"]]:
        """Map latents to noise, and return the log-determinant of the Jacobian with it."""
        x, log_determinant = latents, jnp.zeros(len(latents))
        for coupling in self.couplings:
            log_scale, shift = coupling(x, classes)
            x = x * jnp.exp(log_scale) + shift
            log_determinant += jnp.sum(log_scale, axis=-1)
        return x, log_determinant

    def from_noise(
        self, noise: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latents"]:
        """Map noise to latents; the inverse of `to_noise`."""
        x = noise
        for coupling in reversed(self.couplings):
            log_scale, shift = coupling(x, classes)
            x = (x - shift) * jnp.exp(-log_scale)
        return x

    def log_prob(
        self, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, " batch"]:
        """Return the log density of latents, in nats.

        By the change of variables: Dinh et al. 2017, section 3.1.
        """
        noise, log_determinant = self.to_noise(latents, classes)
        return gaussian_log_prob(standard_normal(noise.shape), noise) + log_determinant

    def kl(
        self, posterior: Gaussian, latents: Float[Array, "batch latents"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch 1"]:
        """Return an unbiased estimate of the KL in nats, from one draw per image.

        Its gradient reaches the posterior through the latents alone. The other part, the score of the posterior, has
        mean zero and only adds variance (Roeder et al. 2017, arXiv:1703.09194).
        """
        fixed = Gaussian(*map(lax.stop_gradient, posterior))
        return (gaussian_log_prob(fixed, latents) - self.log_prob(latents, classes))[:, None]
