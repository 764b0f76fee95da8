"""The schedules and the chain of gradient transformations."""

from __future__ import annotations

import jax
import numpy as np
import optax
from jaxtyping import Float32, Int32

from .config import OptimConfig, TrainConfig


def create_schedule(config: OptimConfig, total_steps: int) -> optax.Schedule:
    """Learning rate as a pure function of the number of finished steps: linear warm-up, then cosine.

    The first step already moves: the warm-up's step i of w has rate (i + 1) / w of the peak. Where a run is
    shorter than twice its warm-up, the warm-up takes half of it. The cosine is Loshchilov & Hutter 2017
    (arXiv:1608.03983), equation 5, without restarts.
    """
    warmup_steps = min(config.warmup_steps, total_steps // 2)
    cosine = optax.cosine_decay_schedule(config.learning_rate, total_steps - warmup_steps, alpha=config.end_factor)
    if warmup_steps == 0:
        return cosine
    warmup = optax.linear_schedule(config.learning_rate / warmup_steps, config.learning_rate, max(warmup_steps - 1, 1))
    return optax.join_schedules([warmup, cosine], [warmup_steps])


def create_beta_schedule(config: TrainConfig) -> optax.Schedule:
    """Weight of the KL term as a function of the number of finished steps."""
    if config.beta_warmup_steps == 0:
        return optax.constant_schedule(config.beta)
    return optax.linear_schedule(0.0, config.beta, config.beta_warmup_steps)


def create_optimizer(config: OptimConfig, schedule: optax.Schedule) -> optax.GradientTransformation:
    """Clip by global norm, Adam (arXiv:1412.6980), decoupled weight decay (arXiv:1711.05101), scale by the rate."""
    decay = optax.add_decayed_weights(config.weight_decay, mask=is_kernel) if config.weight_decay else optax.identity()
    return optax.chain(
        optax.clip_by_global_norm(config.clip_norm),
        optax.scale_by_adam(b1=config.b1, b2=config.b2),
        decay,
        optax.scale_by_learning_rate(schedule),
    )


def is_kernel(params: optax.Params) -> optax.Params:
    """A tree of booleans: weight decay is for kernels (matrices and filters), not for biases."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


def sample_schedule(
    schedule: optax.Schedule, total_steps: int, points: int = 512
) -> tuple[Int32[np.ndarray, " points"], Float32[np.ndarray, " points"]]:
    """The schedule over a whole run, thinned for drawing: step numbers (from 1) and the rates they are taken with."""
    steps = np.unique(np.linspace(1, total_steps, min(points, total_steps)).astype(np.int32))
    return steps, np.asarray(jax.vmap(schedule)(steps - 1), np.float32)
