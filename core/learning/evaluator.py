"""Evaluate a model on a split: rate, distortion, importance-weighted bound and active units."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Float32, Int, Key

from ..config import SplitName
from ..model import ConditionalVAE
from ..protocol import Evaluated
from .batches import Batch, DeviceSplit, take_batch
from .compilation import precompile
from .eval_step import EvalTerms, create_eval_step, create_weight_step
from .processes import wait_for_all
from .train_state import Params

EVAL_BATCH = 250
"""Images per batch of an evaluation."""

IW_CHUNK = 20
"""Latent samples per image that the importance-weighted bound decodes at once; affects memory, not the result."""

EVALUATION_SEED = 0
"""Seed of the noise of evaluations. It is the same for all runs, so that their figures are from the same targets."""

ACTIVE_SHARE = 0.01
"""Share of a latent dimension's variance that is information about the image, above which it is active."""


@dataclass(frozen=True)
class Evaluation:
    """The mean losses over a split, in nats per image, and its posterior means."""

    reconstruction: float
    """-log p(x | z, y): the distortion (Alemi et al. 2018, arXiv:1711.00464, section 2)."""
    kl: float
    """KL(q(z | x, y) || p(z | y)): the rate (ibid.)."""
    standard_error: float
    """Standard error of the mean loss: how far another sample of as many images would put it."""
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

    def to_event(self, step: int, split: SplitName, *, best: bool = False, params_step: int | None = None) -> Evaluated:
        """Return the event of this evaluation.

        Args:
            step: The step of the run.
            split: The name of the split.
            best: Whether this is the lowest validation loss so far.
            params_step: The step of the parameters (None: `step`).
        """
        return Evaluated(
            step=step,
            split=split,
            loss=self.loss,
            reconstruction=self.reconstruction,
            kl=self.kl,
            best=best,
            params_step=params_step,
            standard_error=self.standard_error,
            active_units=self.active_units,
            iw_bound=self.iw_bound,
        )


class Evaluator:
    """Evaluate parameters of one model on whole splits; the compiled functions are reused.

    The same parameters and split always give the same result, whatever the seed of the training.
    """

    def __init__(self, model: ConditionalVAE, mesh: Mesh) -> None:
        self._rng = jax.random.key(EVALUATION_SEED)
        self._eval_step = create_eval_step(model, mesh)
        self._weight_step = create_weight_step(model, mesh, IW_CHUNK)

    def precompile(self, params: Params, split: DeviceSplit, *, iw_samples: int = 0) -> None:
        """Compile what `compile` does, without computing on the devices that processes share.

        All processes must call it for the same splits.
        """
        precompile(take_batch, split, np.int32(0), EVAL_BATCH)
        wait_for_all()
        batch, rng = self._batch(split, 0)
        precompile(self._eval_step, params, batch, rng)
        if iw_samples > 0:
            precompile(self._weight_step, params, batch, rng, np.int32(0), np.int32(iw_samples))

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
        reconstruction, kl, means, variances = (
            np.concatenate(parts)[:size].astype(np.float64) for parts in zip(*found, strict=True)
        )
        iw_bound = None
        if iw_samples > 0:
            bounds = [self._iw_bound(params, *self._batch(split, i), iw_samples, on_batch) for i in batches]
            iw_bound = float(np.concatenate(bounds)[:size].mean())
        return Evaluation(
            reconstruction=float(reconstruction.mean()),
            kl=float(kl.mean()),
            standard_error=float((reconstruction + kl).std() / math.sqrt(size)),
            active_units=active_units(means, variances, np.asarray(split.labels)),
            means=means.astype(np.float32),
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


def active_units(
    means: Float[np.ndarray, "n latents"], variances: Float[np.ndarray, "n latents"], labels: Int[np.ndarray, " n"]
) -> int:
    """Return the number of active latent dimensions, from the posterior of each image.

    Burda et al. 2016 (section 5.2) call a dimension u active when A_u = Var_x(E_q(z | x)[z_u]) > 0.01; there the
    variance of the prior is 1. A learned prior has any scale, so A_u is compared with the whole variance of the
    dimension: A_u plus the mean variance of the posterior, about 1 for a standard prior. A dimension is active when the
    share of A_u is above 0.01.

    The model is conditioned on the class, so A_u is the variance within the classes: a dimension that encodes only the
    class is not active, as is the case for an unused dimension when the prior has a mean for each class.
    """
    deviations = means.copy()
    for label in np.unique(labels):
        deviations[labels == label] -= means[labels == label].mean(axis=0)
    explained = np.square(deviations).mean(axis=0)
    return int(np.count_nonzero(explained > ACTIVE_SHARE * (explained + variances.mean(axis=0))))
