"""Evaluate a model on a split: rate, distortion, importance-weighted bound and active units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Key

from ..config import SplitName
from ..model import ConditionalVAE
from ..model.gaussian import gaussian_log_prob, transform_noise
from ..model.likelihoods import create_targets, negative_log_likelihood
from ..protocol import Evaluated
from .train_state import Params
from .train_step import Batch, Count, DeviceSplit, gather

EVAL_BATCH = 250
"""Images per batch of an evaluation."""

IW_CHUNK = 20
"""Latent samples per image that the importance-weighted bound decodes at once; affects memory, not the result."""

ACTIVE_VARIANCE = 0.01
"""Variance of the posterior mean above which a latent dimension is active (Burda et al. 2016, section 5.2)."""


@dataclass(frozen=True)
class Evaluation:
    """The mean losses over a split, in nats per image, and its posterior means."""

    reconstruction: float
    """-log p(x | z, y): the distortion (Alemi et al. 2018, arXiv:1711.00464, section 2)."""
    kl: float
    """KL(q(z | x, y) || p(z | y)): the rate (ibid.)."""
    active_units: int
    """Number of latent dimensions in use."""
    means: Float32[np.ndarray, "n latents"] = field(compare=False, repr=False)
    """The posterior mean of each image."""
    iw_bound: float | None = None
    """The importance-weighted bound on -log p(x | y), or None when it was not computed."""

    @property
    def loss(self) -> float:
        """The negative evidence lower bound, in nats per image."""
        return self.reconstruction + self.kl

    def to_event(self, step: int, split: SplitName, *, best: bool = False) -> Evaluated:
        """Return the event of this evaluation.

        Args:
            step: The step of the parameters.
            split: The name of the split.
            best: Whether this is the lowest validation loss so far.
        """
        return Evaluated(
            step=step,
            split=split,
            loss=self.loss,
            reconstruction=self.reconstruction,
            kl=self.kl,
            best=best,
            active_units=self.active_units,
            iw_bound=self.iw_bound,
        )


class EvalTerms(NamedTuple):
    """The terms of the bound for each image, in nats, and the posterior means."""

    reconstruction: Float[Array, " batch"]
    kl: Float[Array, " batch"]
    means: Float[Array, "batch latents"]


EvalStep = Callable[[Params, Batch, Key[Array, ""]], EvalTerms]
WeightStep = Callable[[Params, Batch, Key[Array, ""], Count, Count], Float[Array, " batch"]]


class Evaluator:
    """Evaluate parameters of one model on whole splits; the compiled functions are reused.

    The same parameters and split always give the same result: the noise depends only on `rng`.
    """

    def __init__(self, model: ConditionalVAE, rng: Key[Array, ""]) -> None:
        self._rng = rng
        self._eval_step = create_eval_step(model)
        self._weight_step = create_weight_step(model)

    def compile(self, params: Params, split: DeviceSplit, *, iw_samples: int = 0) -> None:
        """Compile the functions of `measure` for the same arguments, by evaluating one batch.

        Only the gathering of batches is compiled for each size of a split; the rest is shared by all splits.
        """
        batch, rng = self._batch(split, 0)
        jax.block_until_ready(self._eval_step(params, batch, rng))
        if iw_samples > 0:
            jax.block_until_ready(self._weight_step(params, batch, rng, np.int32(0), np.int32(iw_samples)))

    def measure(
        self,
        params: Params,
        split: DeviceSplit,
        *,
        iw_samples: int = 0,
        on_batch: Callable[[], None] = lambda: None,
    ) -> Evaluation:
        """Evaluate parameters on a whole split.

        Args:
            params: The model's parameters.
            split: At least one image.
            iw_samples: Latent samples per image for the importance-weighted bound (0: skip the bound).
            on_batch: Called after each computation on the device, so that the caller can handle commands in between.
        """
        size = len(split.labels)
        batches = range(-(-size // EVAL_BATCH))
        found: list[EvalTerms] = []
        for i in batches:
            found.append(jax.device_get(self._eval_step(params, *self._batch(split, i))))
            on_batch()
        reconstruction, kl, means = (np.concatenate(parts)[:size] for parts in zip(*found, strict=True))
        iw_bound = None
        if iw_samples > 0:
            bounds = [self._iw_bound(params, *self._batch(split, i), iw_samples, on_batch) for i in batches]
            iw_bound = float(np.concatenate(bounds)[:size].mean())
        return Evaluation(
            reconstruction=float(reconstruction.mean(dtype=np.float64)),
            kl=float(kl.mean(dtype=np.float64)),
            active_units=active_units(means.astype(np.float64), np.asarray(split.labels)),
            means=means,
            iw_bound=iw_bound,
        )

    def _batch(self, split: DeviceSplit, i: int) -> tuple[Batch, Key[Array, ""]]:
        """Return batch `i` of a split, and the key of its noise."""
        return take_batch(split, np.int32(i), EVAL_BATCH), jax.random.fold_in(self._rng, i)

    def _iw_bound(
        self, params: Params, batch: Batch, rng: Key[Array, ""], samples: int, on_batch: Callable[[], None]
    ) -> Float[np.ndarray, " batch"]:
        """Return -log of each image's mean importance weight, in nats.

        Burda et al. 2016 (arXiv:1509.00519), equation 8, as a running log-sum-exp, because the latents of thousands of
        samples per image may not fit in memory.
        """
        log_sum = np.full(EVAL_BATCH, -np.inf)
        for chunk in range(-(-samples // IW_CHUNK)):
            part = self._weight_step(params, batch, rng, np.int32(chunk), np.int32(samples))
            log_sum = np.logaddexp(log_sum, jax.device_get(part).astype(np.float64))
            on_batch()
        return np.log(samples) - log_sum


def create_eval_step(model: ConditionalVAE) -> EvalStep:
    """Create the jitted eval_step, which draws the latents of each image once."""
    likelihood = model.config.likelihood

    @jax.jit
    def eval_step(params: Params, batch: Batch, rng: Key[Array, ""]) -> EvalTerms:
        latent_rng, target_rng = jax.random.split(rng)
        targets = create_targets(likelihood, target_rng, batch.images)
        output: Any = model.apply({"params": params}, targets, batch.labels, rngs={"latent": latent_rng})
        reconstruction = negative_log_likelihood(likelihood, output.decoded, targets)
        return EvalTerms(reconstruction, output.kl.sum(axis=-1), output.posterior.mean)

    return eval_step


def create_weight_step(model: ConditionalVAE) -> WeightStep:
    """Create the jitted sum of importance weights over a chunk.

    A chunk has several latents per image.

    It returns the log of the sum, in nats. The weight of a draw z from q is w = p(x | z, y) p(z | y) / q(z | x, y).
    Each draw has its own key, so the draws do not depend on how they are divided into chunks.
    """
    likelihood = model.config.likelihood

    @jax.jit
    def weight_step(
        params: Params, batch: Batch, rng: Key[Array, ""], chunk: Count, samples: Count
    ) -> Float[Array, " batch"]:
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

        draws = chunk * IW_CHUNK + jnp.arange(IW_CHUNK)
        log_weights = jnp.where(draws[:, None] < samples, jax.vmap(log_weight)(draws), -jnp.inf)
        return jax.nn.logsumexp(log_weights, axis=0)

    return weight_step


@partial(jax.jit, static_argnames="size")
def take_batch(split: DeviceSplit, i: Count, size: int) -> Batch:
    """Return batch `i` of a split, padded with the last image."""
    positions = i * size + jnp.arange(size)
    return gather(split, jnp.minimum(positions, len(split.labels) - 1))


def active_units(means: Float[np.ndarray, "n latents"], labels: Int[np.ndarray, " n"]) -> int:
    """Return the number of active latent dimensions, from the posterior mean of each image.

    A dimension u is active when A_u = Var_x(E_q(z | x, y)[z_u]) > 0.01 (Burda et al. 2016, section 5.2). The model is
    conditioned on the class, so the variance is the variance within the classes: a dimension that encodes only the
    class is not active, as is the case for an unused dimension when the prior has a mean for each class.
    """
    deviations = means.copy()
    for label in np.unique(labels):
        deviations[labels == label] -= means[labels == label].mean(axis=0)
    return int(np.count_nonzero(np.square(deviations).mean(axis=0) > ACTIVE_VARIANCE))
