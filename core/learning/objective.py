"""The training objective: the negative evidence lower bound, with remedies against posterior collapse.

With beta = 1 and no free bits the loss is minus the bound, estimated with one draw of the latents for each image
(Kingma & Welling 2014, arXiv:1312.6114): the form with an analytic KL, equation 3, estimated as in equation 7; for the
flow prior, whose KL has no closed form, equation 2, estimated as in equation 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from ..config import Likelihood, ObjectiveConfig
from ..model import Output
from ..model.likelihoods import negative_log_likelihood


class Terms(NamedTuple):
    """The loss of a batch and its two unweighted terms, in nats.

    They are means per image.
    """

    loss: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]


Objective = Callable[[Output, Float[Array, "batch height width *channels"], Float[Array, ""]], Terms]
"""A function of the model's output for a batch, the targets (`create_targets`) and the weight beta."""


def create_objective(config: ObjectiveConfig, likelihood: Likelihood) -> Objective:
    """Create the loss, reconstruction + beta * KL, with the configured free bits.

    Higgins et al. 2017, equation 4.
    """

    def objective(
        output: Output, targets: Float[Array, "batch height width *channels"], beta: Float[Array, ""]
    ) -> Terms:
        reconstruction = negative_log_likelihood(likelihood, output.decoded, targets).mean()
        kl_by_group = output.kl.mean(axis=0)
        kl = kl_by_group.sum()
        charged = kl
        if config.free_bits > 0.0:
            dimensions = output.latents.shape[-1] // output.kl.shape[-1]
            charged = charge_beyond_free_bits(kl_by_group, config.free_bits * dimensions)
        return Terms(reconstruction + beta * charged, reconstruction, kl)

    return objective


def charge_beyond_free_bits(kl_by_group: Float[Array, " groups"], free: float) -> Float[Array, ""]:
    """Return the KL term of the loss with free bits, in nats.

    It is the sum over the groups of max(free, KL of the group), where the KL is the mean over the batch: a group below
    `free` nats costs `free`, so no gradient lowers it further. Kingma et al. 2016 (arXiv:1606.04934), appendix C.
    """
    return jnp.maximum(kl_by_group, free).sum()


def create_beta_schedule(config: ObjectiveConfig, total_steps: int) -> optax.Schedule:
    """Create the schedule of the KL weight, a pure function of the finished steps.

    "linear" rises from 0 to beta in `beta_warmup_steps`: the idea of Bowman et al. 2016 (arXiv:1511.06349, section 3.1)
    in the form of Sønderby et al. 2016 (arXiv:1602.02282, section 2.3).
    "cyclical" has `beta_cycles` cycles of equal length; each rises from 0 to beta in its first half and stays at beta
    in its second half (Fu et al. 2019, arXiv:1903.10145, equations 6 and 7 with R = 0.5).
    """
    match config.beta_schedule:
        case "constant":
            return optax.constant_schedule(config.beta)
        case "linear":
            return optax.linear_schedule(0.0, config.beta, config.beta_warmup_steps)
        case "cyclical":
            cycle_steps = max(2, -(-total_steps // config.beta_cycles))
            cycle = optax.linear_schedule(0.0, config.beta, cycle_steps // 2)
            return lambda step: cycle(jnp.mod(step, cycle_steps))
