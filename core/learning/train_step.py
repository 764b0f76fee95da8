"""The jitted functions of training: one step, and many steps in one dispatch.

The data stay on the device as uint8; compiled code gathers and scales each batch, so the host does no work per step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Bool, Float, Int, Key, UInt8, UInt32

from ..config import Config
from ..data.dataset import Split
from ..model.likelihoods import create_targets
from ..protocol import METRICS
from .objective import Terms, create_objective
from .optimizer import keep_trainable
from .train_state import Params, TrainState, place

MAX_CHUNK = 1024
"""Rows of the metrics buffer: the maximum number of steps in one dispatch."""


class DeviceSplit(NamedTuple):
    """A split on the device."""

    images: UInt8[Array, "n 28 28"]
    labels: Int[Array, " n"]


class Batch(NamedTuple):
    """Images as intensities 0..1, and their classes."""

    images: Float[Array, "batch 28 28"]
    labels: Int[Array, " batch"]


Count = Int[Array, ""] | np.int32
"""A traced integer."""

TrainStep = Callable[[TrainState, Batch], tuple[TrainState, Float[Array, " metrics"]]]
Chunk = tuple[TrainState, Float[Array, "chunk metrics"], Int[Array, ""]]
"""The state after a chunk, a buffer with a row of METRICS for each step tried, and the number of steps tried."""
TrainChunk = Callable[[TrainState, DeviceSplit, Int[Array, " n"], Count], Chunk]


class Rngs(NamedTuple):
    """The independent streams of randomness of a run."""

    state: Key[Array, ""]
    order: Key[Array, ""]
    evaluation: Key[Array, ""]
    samples: Key[Array, ""]
    gradient_noise: Key[Array, ""]


def split_seed(seed: int) -> Rngs:
    """Return the root keys of a run's random streams, derived from its seed."""
    return _split_seed(np.uint32(seed))


@jax.jit
def _split_seed(seed: UInt32[Array, ""]) -> Rngs:
    # A key does not depend on the number of keys, so adding a stream at the end does not change the others.
    return Rngs(*jax.random.split(jax.random.key(seed), len(Rngs._fields)))


def to_device(split: Split) -> DeviceSplit:
    """Copy a split to the device of the state."""
    return DeviceSplit(place(split.images), place(split.labels))


def gather(split: DeviceSplit, indices: Int[Array, " batch"]) -> Batch:
    """Return the images and labels at `indices`, as inputs of the model."""
    return Batch(as_intensities(split.images[indices]), split.labels[indices])


def as_intensities(images: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Convert gray levels 0..255 to intensities 0..1."""
    return images.astype(jnp.float32) / 255.0


@partial(jax.jit, static_argnames="size")
def epoch_order(rng: Key[Array, ""], epoch: Int[Array, ""], size: int) -> Int[Array, " size"]:
    """Return the order of an epoch's images, given key and epoch."""
    return jax.random.permutation(jax.random.fold_in(rng, epoch), size)


def create_train_step(config: Config, schedule: optax.Schedule, beta_schedule: optax.Schedule) -> TrainStep:
    """Create the train_step: the gradient of the objective, then the optimizer and the average.

    A step whose loss or gradient is not finite does not change the state; its metrics show the cause.

    Args:
        config: The run's configuration.
        schedule: The learning rate as a function of the number of finished steps.
        beta_schedule: The weight of the KL term as a function of the number of finished steps.
    """
    likelihood = config.model.likelihood
    objective = create_objective(config.objective, likelihood)

    def train_step(state: TrainState, batch: Batch) -> tuple[TrainState, Float[Array, " metrics"]]:
        latent_rng, target_rng = jax.random.split(jax.random.fold_in(state.rng, state.step))
        beta = state.knobs.beta_scale * beta_schedule(state.step)
        targets = create_targets(likelihood, target_rng, batch.images)

        def loss_fn(params: Params) -> tuple[Float[Array, ""], Terms]:
            output = state.apply_fn({"params": params}, targets, batch.labels, rngs={"latent": latent_rng})
            terms = objective(output, targets, beta)
            return terms.loss, terms

        grads, terms = jax.grad(loss_fn, has_aux=True)(state.params)
        grads = keep_trainable(grads, config.optim.freeze)
        rate = schedule(state.step) * state.knobs.learning_rate_scale
        metrics = jnp.stack([*terms, optax.tree.norm(grads), rate])
        # A branch, because a selection for each element would keep XLA from fusing the optimizer's loops.
        is_finite = jnp.isfinite(metrics).all()
        return lax.cond(is_finite, lambda: state.apply_gradients(grads=grads), lambda: state), metrics

    return train_step


def create_train_chunk(train_step: TrainStep, batch_size: int) -> TrainChunk:
    """Create the jitted function that takes many steps in one dispatch.

    The number of steps is a traced argument, so one compilation serves every length, and the results do not depend on
    how steps are divided into chunks. A chunk must not cross the end of an epoch, because `order` is the order of one
    epoch. A chunk ends early at a step that is tried but not taken because its metrics are not finite.
    """

    @partial(jax.jit, donate_argnames="state")
    def train_chunk(state: TrainState, data: DeviceSplit, order: Int[Array, " n"], steps: Count) -> Chunk:
        steps_per_epoch = order.shape[0] // batch_size
        first = state.step

        def goes_on(chunk: Chunk) -> Bool[Array, ""]:
            state, _, tried = chunk
            return (tried < steps) & (state.step - first == tried)

        def body(chunk: Chunk) -> Chunk:
            state, rows, tried = chunk
            start = (state.step % steps_per_epoch) * batch_size
            indices = lax.dynamic_slice_in_dim(order, start, batch_size)
            state, metrics = train_step(state, gather(data, indices))
            return state, rows.at[tried].set(metrics), tried + 1

        rows = jnp.zeros((MAX_CHUNK, len(METRICS)))
        return lax.while_loop(goes_on, body, (state, rows, jnp.zeros((), jnp.int32)))

    return train_chunk
