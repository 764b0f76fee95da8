"""The eval_step: the terms of the evidence lower bound of each image in a batch, and importance weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, Key

from ..model import ConditionalVAE
from ..model.gaussian import gaussian_log_prob, transform_noise
from ..model.likelihoods import create_targets, negative_log_likelihood
from .batches import Batch, Count
from .mesh import divided, replicated
from .train_state import Params


class EvalTerms(NamedTuple):
    """The terms of the bound for each image, in nats, and the posterior's means and variances."""

    reconstruction: Float[Array, " batch"]
    kl: Float[Array, " batch"]
    means: Float[Array, "batch latents"]
    variances: Float[Array, "batch latents"]


EvalStep = Callable[[Params, Batch, Key[Array, ""]], EvalTerms]
WeightStep = Callable[[Params, Batch, Key[Array, ""], Count, Count], Float[Array, " batch"]]


def create_eval_step(model: ConditionalVAE, mesh: Mesh) -> EvalStep:
    """Create the jitted eval_step, which draws the latents of each image once.

    The devices of the mesh share each batch. Model and mesh are static: equal ones share what is compiled.
    """
    return partial(_eval_step, model, mesh)


@partial(jax.jit, static_argnames=("model", "mesh"))
def _eval_step(model: ConditionalVAE, mesh: Mesh, params: Params, batch: Batch, rng: Key[Array, ""]) -> EvalTerms:
    batch = lax.with_sharding_constraint(batch, divided(mesh))
    likelihood = model.config.likelihood
    latent_rng, target_rng = jax.random.split(rng)
    targets = create_targets(likelihood, target_rng, batch.images)
    output: Any = model.apply({"params": params}, targets, batch.labels, rngs={"latent": latent_rng})
    reconstruction = negative_log_likelihood(likelihood, output.decoded, targets)
    mean, log_variance = output.posterior
    terms = EvalTerms(reconstruction, output.kl.sum(axis=-1), mean, jnp.exp(log_variance))
    return lax.with_sharding_constraint(terms, replicated(mesh))


def create_weight_step(model: ConditionalVAE, mesh: Mesh, draws_per_chunk: int) -> WeightStep:
    """Create the jitted sum of importance weights over a chunk.

    A chunk has several latents per image.

    It returns the log of the sum, in nats. The weight of a draw z from q is w = p(x | z, y) p(z | y) / q(z | x, y).
    Each draw has its own key, so the draws do not depend on how they are divided into chunks.
    """
    return partial(_weight_step, model, mesh, draws_per_chunk)


@partial(jax.jit, static_argnames=("model", "mesh", "draws_per_chunk"))
def _weight_step(
    model: ConditionalVAE,
    mesh: Mesh,
    draws_per_chunk: int,
    params: Params,
    batch: Batch,
    rng: Key[Array, ""],
    chunk: Count,
    samples: Count,
) -> Float[Array, " batch"]:
    batch = lax.with_sharding_constraint(batch, divided(mesh))
    likelihood = model.config.likelihood
    apply = partial(model.apply, {"params": params})
    latent_rng, target_rng = jax.random.split(rng)
    targets = create_targets(likelihood, target_rng, batch.images)
    posterior: Any = apply(targets, batch.labels, method="encode")

    def log_weight(draw: Int[Array, ""]) -> Float[Array, " batch"]:
        noise = jax.random.normal(jax.random.fold_in(latent_rng, draw), posterior.mean.shape)
        latents = transform_noise(posterior, noise)
        decoded: Any = apply(latents, batch.labels, method="decode")
        log_prior: Any = apply(latents, batch.labels, method="prior_log_prob")
        log_joint = log_prior - negative_log_likelihood(likelihood, decoded, targets)
        return log_joint - gaussian_log_prob(posterior, latents)

    draws = chunk * draws_per_chunk + jnp.arange(draws_per_chunk)
    log_weights = jnp.where(draws[:, None] < samples, jax.vmap(log_weight)(draws), -jnp.inf)
    return lax.with_sharding_constraint(jax.nn.logsumexp(log_weights, axis=0), replicated(mesh))
