"""Every jitted function: the train chunk, the evaluation of a split, sampling.

Data stay on the device as uint8; a batch is gathered and scaled inside the compiled code, so that the host does
nothing per step.
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
from jaxtyping import Array, Float, Int, Key, UInt8

from .config import Config
from .data.dataset import Split
from .losses import elbo_terms
from .model import ConditionalVAE
from .state import Params, TrainState

METRICS = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
"""What a step reports, in the order of the columns of a chunk's metrics."""

MAX_CHUNK = 1024
"""Rows of the metrics buffer: the most steps that one dispatch can take."""


EVAL_BATCH = 250
"""Images in a batch of an evaluation."""


class DeviceSplit(NamedTuple):
    """A split on the device."""

    images: UInt8[Array, "n 28 28"]
    labels: Int[Array, " n"]


class Batch(NamedTuple):
    """Images as intensities 0..1, and their classes."""

    images: Float[Array, "batch 28 28"]
    labels: Int[Array, " batch"]


Count = Int[Array, ""] | np.int32
"""A traced whole number."""

TrainStep = Callable[[TrainState, Batch], tuple[TrainState, Float[Array, " metrics"]]]
TrainChunk = Callable[
    [TrainState, DeviceSplit, Int[Array, " n"], Count], tuple[TrainState, Float[Array, "chunk metrics"]]
]
EvalStep = Callable[[Params, DeviceSplit, Key[Array, ""], Count], Float[Array, " 2"]]
Sample = Callable[
    [Params, Float[Array, "classes n latents"]],
    UInt8[Array, "classes n 28 28"],
]


class Rngs(NamedTuple):
    """The independent streams of randomness of a run."""

    state: Key[Array, ""]
    order: Key[Array, ""]
    evaluation: Key[Array, ""]
    samples: Key[Array, ""]


def split_seed(seed: int) -> Rngs:
    """All of a run's randomness, from its seed."""
    return Rngs(*jax.random.split(jax.random.key(seed), 4))


def to_device(split: Split) -> DeviceSplit:
    """Place a split on the default device."""
    return DeviceSplit(jax.device_put(split.images), jax.device_put(split.labels))


def gather(split: DeviceSplit, indices: Int[Array, " batch"]) -> Batch:
    """The images and labels at `indices`, as the model takes them."""
    return Batch(split.images[indices].astype(jnp.float32) / 255.0, split.labels[indices])


@partial(jax.jit, static_argnames="size")
def epoch_order(rng: Key[Array, ""], epoch: Int[Array, ""], size: int) -> Int[Array, " size"]:
    """The order in which an epoch visits the training images: a pure function of the run's seed and the epoch."""
    return jax.random.permutation(jax.random.fold_in(rng, epoch), size)


def create_train_step(config: Config, schedule: optax.Schedule, beta_schedule: optax.Schedule) -> TrainStep:
    """One optimisation step: the gradient of the negative ELBO (KL weighted by beta), then the optimiser and EMA."""

    def train_step(state: TrainState, batch: Batch) -> tuple[TrainState, Float[Array, " metrics"]]:
        latent_rng = jax.random.fold_in(state.rng, state.step)
        beta = beta_schedule(state.step)

        def loss_fn(params: Params) -> tuple[Float[Array, ""], tuple[Float[Array, ""], Float[Array, ""]]]:
            logits, posterior = state.apply_fn({"params": params}, *batch, rngs={"latent": latent_rng})
            terms = elbo_terms(logits, batch.images, posterior)
            reconstruction, kl = terms.reconstruction.mean(), terms.kl.mean()
            return reconstruction + beta * kl, (reconstruction, kl)

        (loss, (reconstruction, kl)), grads = jax.value_and_grad(loss_fn, has_aux=True)(state.params)
        metrics = jnp.stack([loss, reconstruction, kl, optax.tree.norm(grads), schedule(state.step)])
        return state.apply_gradients(grads=grads, ema_decay=config.train.ema_decay), metrics

    return train_step


def create_train_chunk(train_step: TrainStep, batch_size: int) -> TrainChunk:
    """Many steps in one dispatch.

    The number of steps is a traced argument, so one compilation serves every length, and the numbers do not
    depend on how the steps are cut into chunks. A chunk must not cross the end of an epoch: `order` is its epoch's.
    """

    @partial(jax.jit, donate_argnames="state")
    def train_chunk(
        state: TrainState, data: DeviceSplit, order: Int[Array, " n"], steps: Count
    ) -> tuple[TrainState, Float[Array, "chunk metrics"]]:
        steps_per_epoch = order.shape[0] // batch_size

        def body(
            i: Int[Array, ""], carry: tuple[TrainState, Float[Array, "chunk metrics"]]
        ) -> tuple[TrainState, Float[Array, "chunk metrics"]]:
            state, rows = carry
            start = (state.step % steps_per_epoch) * batch_size
            indices = lax.dynamic_slice_in_dim(order, start, batch_size)
            state, metrics = train_step(state, gather(data, indices))
            return state, rows.at[i].set(metrics)

        return lax.fori_loop(0, steps, body, (state, jnp.zeros((MAX_CHUNK, len(METRICS)))))

    return train_chunk


def create_eval_step(model: ConditionalVAE) -> EvalStep:
    """The sums of the reconstruction and the KL term over batch `i` of a split (one draw of the latents), in nats."""

    @jax.jit
    def eval_step(params: Params, data: DeviceSplit, rng: Key[Array, ""], i: Count) -> Float[Array, " 2"]:
        size = data.labels.shape[0]
        positions = i * EVAL_BATCH + jnp.arange(EVAL_BATCH)
        batch = gather(data, jnp.minimum(positions, size - 1))  # the last batch is filled up, and masked below
        logits, posterior = model.bind({"params": params}, rngs={"latent": jax.random.fold_in(rng, i)})(*batch)
        terms = jnp.stack(elbo_terms(logits, batch.images, posterior))
        return jnp.sum(jnp.where(positions < size, terms, 0.0), axis=-1)

    return eval_step


def evaluate(
    eval_step: EvalStep,
    params: Params,
    data: DeviceSplit,
    rng: Key[Array, ""],
    between: Callable[[], None] = lambda: None,
) -> tuple[float, float]:
    """The mean reconstruction and KL terms over a whole split, in nats per image.

    `between` is called after each batch, so that the caller can answer commands meanwhile.
    """
    size = data.labels.shape[0]
    total = np.zeros(2)
    for i in range(-(-size // EVAL_BATCH)):
        total += jax.device_get(eval_step(params, data, rng, np.int32(i)))
        between()
    reconstruction, kl = (total / size).tolist()
    return reconstruction, kl


def create_sample(model: ConditionalVAE) -> Sample:
    """Decode a grid of latents, row c as class c, to the pixels' means as intensities 0..255."""

    @jax.jit
    def sample(params: Params, latents: Float[Array, "classes n latents"]) -> UInt8[Array, "classes n 28 28"]:
        classes, n = latents.shape[:2]
        labels = jnp.repeat(jnp.arange(classes), n)
        logits = model.bind({"params": params}).decode(latents.reshape(classes * n, -1), labels)
        return to_intensities(logits).reshape(classes, n, *logits.shape[1:])

    return sample


def to_intensities(logits: Float[Array, "*batch 28 28"]) -> UInt8[Array, "*batch 28 28"]:
    """Bernoulli means as grey levels."""
    return jnp.round(255.0 * jax.nn.sigmoid(logits)).astype(jnp.uint8)
