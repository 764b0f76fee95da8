"""The train_step: one step of training, as a pure function from state and batch to state and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Float

from ..config import Config
from ..model.likelihoods import create_targets
from .augmentation import augment
from .batches import Batch
from .objective import Terms, create_objective
from .optimizer import keep_trainable
from .train_state import Params, TrainState


class StepMetrics(NamedTuple):
    """The metrics of one step; losses in nats, as means per image."""

    loss: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]
    grad_norm: Float[Array, ""]
    """Global norm of the gradient before clipping."""
    learning_rate: Float[Array, ""]


TrainStep = Callable[[TrainState, Batch], tuple[TrainState, StepMetrics]]


def create_train_step(
    config: Config, schedule: optax.Schedule, beta_schedule: optax.Schedule, *, augment_strength: float = 0.0
) -> TrainStep:
    """Create the train_step: the gradient of the objective, then the optimizer and the average.

    The caller compiles it: `jax.jit(train_step)` for single steps, or `create_train_chunk` for many at once.

    A step whose loss or gradient is not finite does not change the state; its metrics show the cause.

    Args:
        config: The run's configuration.
        schedule: The learning rate as a function of the number of finished steps.
        beta_schedule: The weight of the KL term as a function of the number of finished steps.
        augment_strength: The strength of the random transformations of the images.
    """
    likelihood = config.model.likelihood
    objective = create_objective(config.objective, likelihood)

    def train_step(state: TrainState, batch: Batch) -> tuple[TrainState, StepMetrics]:
        latent_rng, target_rng, augment_rng = jax.random.split(jax.random.fold_in(state.rng, state.step), 3)
        beta = state.knobs.beta_scale * beta_schedule(state.step)
        images = augment(augment_rng, batch.images, augment_strength) if augment_strength > 0 else batch.images
        targets = create_targets(likelihood, target_rng, images)

        def loss_fn(params: Params) -> tuple[Float[Array, ""], Terms]:
            output = state.apply_fn({"params": params}, targets, batch.labels, rngs={"latent": latent_rng})
            terms = objective(output, targets, beta)
            return terms.loss, terms

        grads, terms = jax.grad(loss_fn, has_aux=True)(state.params)
        grads = keep_trainable(grads, config.optim.freeze)
        rate = state.knobs.learning_rate_scale * schedule(state.step)
        metrics = StepMetrics(*terms, grad_norm=optax.tree.norm(grads), learning_rate=rate)
        # A branch, because a selection for each element would keep XLA from fusing the optimizer's loops.
        is_finite = jnp.isfinite(jnp.stack(metrics)).all()
        return lax.cond(is_finite, lambda: state.apply_gradients(grads=grads), lambda: state), metrics

    return train_step
