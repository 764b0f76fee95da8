"""What a model is worth on a whole split: rate and distortion, a tighter bound, the latents that it uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Key

from .config import Likelihood
from .events import Evaluated
from .likelihoods import create_targets, negative_log_likelihood
from .model import ConditionalVAE
from .model.gaussian import gaussian_log_prob, transform_noise
from .state import Params
from .steps import Batch, Count, DeviceSplit, gather

SplitName = Literal["train", "validation", "test"]

EVAL_BATCH = 250
"""Images in a batch of an evaluation."""

IW_CHUNK = 20
"""Latents an image that the importance-weighted bound decodes at once; memory grows with it, the result does not."""

ACTIVE_VARIANCE = 0.01
"""Variance of its posterior mean from which on a latent dimension is active (Burda et al. 2016, section 5.2)."""


@dataclass(frozen=True)
class Evaluation:
    """Means over a split, in nats per image, and what was learned of its latents."""

    reconstruction: float
    """-log p(x | z, y): the distortion (Alemi et al. 2018, arXiv:1711.00464, section 3)."""
    kl: float
    """KL(q(z | x, y) || p(z | y)): the rate (ibid.)."""
    active_units: int
    """Latent dimensions in use."""
    means: Float32[np.ndarray, "n latents"] = field(compare=False, repr=False)
    """The posterior's mean for each image."""
    iw_bound: float | None = None
    """The importance-weighted bound on -log p(x | y), where it was asked for."""

    @property
    def loss(self) -> float:
        """The negative evidence lower bound."""
        return self.reconstruction + self.kl

    def to_event(self, step: int, split: SplitName, *, best: bool = False) -> Evaluated:
        """The event that tells of it; `best`: this is the lowest validation loss so far."""
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
    """What one pass over a batch gives for each image: the terms of the bound in nats, and the posterior's mean."""

    reconstruction: Float[Array, " batch"]
    kl: Float[Array, " batch"]
    means: Float[Array, "batch latents"]


EvalStep = Callable[[Params, DeviceSplit, Key[Array, ""], Count], EvalTerms]
WeightStep = Callable[[Params, DeviceSplit, Key[Array, ""], Count, Count, Count], Float[Array, " batch"]]


class Evaluator:
    """Measures parameters of one model; what it compiles, it keeps.

    The same parameters and split give the same figures again: the noise depends on `rng` alone.
    """

    def __init__(self, model: ConditionalVAE, rng: Key[Array, ""]) -> None:
        self._rng = rng
        self._eval_step = create_eval_step(model)
        self._weight_step = create_weight_step(model)

    def compile(self, params: Params, split: DeviceSplit) -> None:
        """Compile what an evaluation without the importance-weighted bound runs, by measuring one batch."""
        jax.block_until_ready(self._eval_step(params, split, self._rng, np.int32(0)))

    def measure(
        self,
        params: Params,
        split: DeviceSplit,
        *,
        iw_samples: int = 0,
        between: Callable[[], None] = lambda: None,
    ) -> Evaluation:
        """The means over a whole split.

        Args:
            params: The model's parameters.
            split: At least one image.
            iw_samples: Latents an image for the importance-weighted bound (0: leave it out).
            between: Called after each piece of work on the device, so that the caller can answer commands meanwhile.
        """
        size = len(split.labels)
        batches = range(-(-size // EVAL_BATCH))
        found: list[EvalTerms] = []
        for i in batches:
            found.append(jax.device_get(self._eval_step(params, split, self._rng, np.int32(i))))
            between()
        reconstruction, kl, means = (np.concatenate(parts)[:size] for parts in zip(*found, strict=True))
        iw_bound = None
        if iw_samples > 0:
            bounds = [self._iw_bound(params, split, i, iw_samples, between) for i in batches]
            iw_bound = float(np.concatenate(bounds)[:size].mean())
        return Evaluation(
            reconstruction=float(reconstruction.mean(dtype=np.float64)),
            kl=float(kl.mean(dtype=np.float64)),
            active_units=active_units(means.astype(np.float64), np.asarray(split.labels)),
            means=means,
            iw_bound=iw_bound,
        )

    def _iw_bound(
        self, params: Params, split: DeviceSplit, i: int, samples: int, between: Callable[[], None]
    ) -> Float[np.ndarray, " batch"]:
        """-log of the mean weight of each image in batch `i`, in nats.

        Burda et al. 2016 (arXiv:1509.00519), equation 8, as a running log-sum-exp: all the weights, or even all the
        latents, of thousands of samples an image need not fit in memory.
        """
        log_sum = np.full(EVAL_BATCH, -np.inf)
        for chunk in range(-(-samples // IW_CHUNK)):
            part = self._weight_step(params, split, self._rng, np.int32(i), np.int32(chunk), np.int32(samples))
            log_sum = np.logaddexp(log_sum, jax.device_get(part).astype(np.float64))
            between()
        return np.log(samples) - log_sum


def create_eval_step(model: ConditionalVAE) -> EvalStep:
    """The terms of each image in batch `i` of a split, with one draw of the latents."""
    likelihood = model.config.likelihood

    @jax.jit
    def eval_step(params: Params, data: DeviceSplit, rng: Key[Array, ""], i: Count) -> EvalTerms:
        batch, latent_rng = take_batch(likelihood, data, rng, i)
        output = model.bind({"params": params}, rngs={"latent": latent_rng})(*batch)
        reconstruction = negative_log_likelihood(likelihood, output.decoded, batch.images)
        return EvalTerms(reconstruction, output.kl.sum(axis=-1), output.posterior.mean)

    return eval_step


def create_weight_step(model: ConditionalVAE) -> WeightStep:
    """The log of the sum of the importance weights, over one chunk of `samples` latents for each image in batch `i`.

    The weight of a draw z from q is w = p(x | z, y) p(z | y) / q(z | x, y). Each draw has a key of its own, so the
    draws do not depend on how they are cut into chunks.
    """
    likelihood = model.config.likelihood

    @jax.jit
    def weight_step(
        params: Params, data: DeviceSplit, rng: Key[Array, ""], i: Count, chunk: Count, samples: Count
    ) -> Float[Array, " batch"]:
        (images, labels), latent_rng = take_batch(likelihood, data, rng, i)
        posterior = model.bind({"params": params}).encode(images, labels)

        def log_weights(draw: Int[Array, ""]) -> Float[Array, " batch"]:
            noise = jax.random.normal(jax.random.fold_in(latent_rng, draw), posterior.mean.shape)
            latents = transform_noise(posterior, noise)
            bound = model.bind({"params": params})
            log_joint = bound.prior_log_prob(latents, labels) - negative_log_likelihood(
                likelihood, bound.decode(latents, labels), images
            )
            return log_joint - gaussian_log_prob(posterior, latents)

        draws = chunk * IW_CHUNK + jnp.arange(IW_CHUNK)
        weights = jnp.where(draws[:, None] < samples, jax.vmap(log_weights)(draws), -jnp.inf)
        return jax.nn.logsumexp(weights, axis=0)

    return weight_step


def take_batch(
    likelihood: Likelihood, data: DeviceSplit, rng: Key[Array, ""], i: Count
) -> tuple[Batch, Key[Array, ""]]:
    """Batch `i` of a split as the model is given it, and the key of its latents.

    The last batch is filled up with the last image, so that one compilation serves every batch.
    """
    latent_rng, target_rng = jax.random.split(jax.random.fold_in(rng, i))
    positions = i * EVAL_BATCH + jnp.arange(EVAL_BATCH)
    images, labels = gather(data, jnp.minimum(positions, len(data.labels) - 1))
    return Batch(create_targets(likelihood, target_rng, images), labels), latent_rng


def active_units(means: Float[np.ndarray, "n latents"], labels: Int[np.ndarray, " n"]) -> int:
    """How many latent dimensions tell something about the image, from the posterior's mean for each image.

    Those with A_u = Var_x(E_q(z | x, y)[z_u]) > 0.01 (Burda et al. 2016, section 5.2). The model is given the class,
    so the variance is that within the classes: a dimension which only tells the class, as an unused one does under a
    prior with a mean for each class, is not active.
    """
    deviations = means.copy()
    for label in np.unique(labels):
        deviations[labels == label] -= means[labels == label].mean(axis=0)
    return int(np.count_nonzero(np.square(deviations).mean(axis=0) > ACTIVE_VARIANCE))
