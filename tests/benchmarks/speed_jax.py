"""The engine's default task by hand, in plain JAX: the same model, objective, optimiser and average, and no more.

    python tests/benchmarks/speed_jax.py IMAGES.npz --loop {chunk,step} [--batch-size 128] [--steps 2000]

Prints {"steps", "seconds"} of the steps after a warm-up. "chunk" takes many steps in one dispatch, of a length that
follows the engine's rule; "step" hands each batch over from NumPy, as a first attempt would. Nothing is logged.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int, Key, UInt8

CLASSES, PIXELS, LATENTS, HIDDEN = 10, 784, 20, 400
LAYERS = ((PIXELS + CLASSES, HIDDEN), (HIDDEN, 2 * LATENTS), (LATENTS + CLASSES, HIDDEN), (HIDDEN, PIXELS))
"""Inputs and outputs of the dense layers, the encoder's three first."""
RATE, CLIP_NORM, EMA_DECAY = 1e-3, 5.0, 0.995
CHUNK_SECONDS, MAX_CHUNK = 0.06, 1024
WARM_UP_STEPS = 100

Params = list[tuple[Float[Array, "inputs outputs"], Float[Array, " outputs"]]]


class State(NamedTuple):
    """What a step changes."""

    params: Params
    mean: Params
    square: Params
    ema: Params
    step: Int[Array, ""]


def create_state(rng: Key[Array, ""]) -> State:
    """Random kernels, zero biases and moments."""
    rngs = jax.random.split(rng, len(LAYERS))
    params = [
        (jax.random.normal(rng, shape) / math.sqrt(shape[0]), jnp.zeros(shape[1]))
        for rng, shape in zip(rngs, LAYERS, strict=True)
    ]
    zeros = partial(jax.tree.map, jnp.zeros_like)
    return State(params, zeros(params), zeros(params), jax.tree.map(jnp.copy, params), jnp.zeros((), jnp.int32))


def dense(x: Float[Array, "batch inputs"], params: Params) -> Float[Array, "batch outputs"]:
    """Linear layers with GELUs between them."""
    for kernel, bias in params[:-1]:
        x = jax.nn.gelu(x @ kernel + bias)
    kernel, bias = params[-1]
    return x @ kernel + bias


def cross_entropy(
    logits: Float[Array, "batch pixels"], x: Float[Array, "batch pixels"]
) -> Float[Array, "batch pixels"]:
    """Of intensities under Bernoulli pixels, in nats."""
    return jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits)))


def negative_elbo(
    params: Params, x: Float[Array, "batch pixels"], labels: Int[Array, " batch"], rng: Key[Array, ""]
) -> tuple[Float[Array, ""], tuple[Float[Array, ""], Float[Array, ""]]]:
    """The loss in nats an image, and its two terms."""
    classes = jax.nn.one_hot(labels, CLASSES)
    mean, log_variance = jnp.split(dense(jnp.concatenate([x, classes], -1), params[:2]), 2, axis=-1)
    latents = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(rng, mean.shape)
    logits = dense(jnp.concatenate([latents, classes], -1), params[2:])
    reconstruction = cross_entropy(logits, x).sum(-1).mean()
    kl = 0.5 * (jnp.exp(log_variance) + mean**2 - 1 - log_variance).sum(-1).mean()
    return reconstruction + kl, (reconstruction, kl)


def update(state: State, grads: Params) -> tuple[State, Float[Array, ""]]:
    """Clip by the global norm, Adam, bias-corrected average of the parameters. Also returns the norm."""
    t = (state.step + 1).astype(jnp.float32)
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(grads)))
    scale = jnp.minimum(1.0, CLIP_NORM / norm)
    correct_mean, correct_square = 1 - 0.9**t, 1 - 0.999**t
    weight = (1 - EMA_DECAY) / (1 - EMA_DECAY**t)
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * scale * g, state.mean, grads)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * (scale * g) ** 2, state.square, grads)
    params = jax.tree.map(
        lambda p, m, v: p - RATE * (m / correct_mean) / (jnp.sqrt(v / correct_square) + 1e-8),
        state.params,
        mean,
        square,
    )
    ema = jax.tree.map(lambda e, p: e + weight * (p - e), state.ema, params)
    return State(params, mean, square, ema, state.step + 1), norm


def train_step(
    state: State, images: UInt8[Array, "batch 28 28"], labels: Int[Array, " batch"], rng: Key[Array, ""]
) -> tuple[State, Float[Array, " metrics"]]:
    """One step; the metrics are the loss, its terms and the gradient's norm."""
    x = images.reshape(len(images), PIXELS).astype(jnp.float32) / 255
    grad = jax.value_and_grad(negative_elbo, has_aux=True)
    (loss, terms), grads = grad(state.params, x, labels, jax.random.fold_in(rng, state.step))
    state, norm = update(state, grads)
    return state, jnp.stack([loss, *terms, norm])


@partial(jax.jit, donate_argnums=0, static_argnames="batch_size")
def train_chunk(
    state: State,
    images: UInt8[Array, "n 28 28"],
    labels: Int[Array, " n"],
    order: Int[Array, " n"],
    rng: Key[Array, ""],
    steps: Int[Array, ""],
    batch_size: int,
) -> tuple[State, Float[Array, "chunk metrics"]]:
    """Many steps over images that are on the device."""
    steps_per_epoch = len(order) // batch_size

    def body(
        i: Int[Array, ""], carry: tuple[State, Float[Array, "chunk metrics"]]
    ) -> tuple[State, Float[Array, "chunk metrics"]]:
        state, rows = carry
        indices = lax.dynamic_slice_in_dim(order, (state.step % steps_per_epoch) * batch_size, batch_size)
        state, metrics = train_step(state, images[indices], labels[indices], rng)
        return state, rows.at[i].set(metrics)

    return lax.fori_loop(0, steps, body, (state, jnp.zeros((MAX_CHUNK, 4))))


def run_chunks(images: UInt8[np.ndarray, "n 28 28"], labels: Int[np.ndarray, " n"], batch_size: int) -> Iterator[int]:
    """Train for ever; yields the number of steps of each chunk when it is done."""
    rng = jax.random.key(0)
    data = jax.device_put((images, labels, np.random.default_rng(0).permutation(len(labels)).astype(np.int32)))
    state, steps = create_state(rng), 1
    while True:
        start = time.perf_counter()
        state, rows = train_chunk(state, *data, rng, np.int32(steps), batch_size)
        np.asarray(rows)
        yield steps
        paced = round(steps * CHUNK_SECONDS / (time.perf_counter() - start))
        steps = min(max(1, paced), 2 * steps, MAX_CHUNK)


def run_steps(images: UInt8[np.ndarray, "n 28 28"], labels: Int[np.ndarray, " n"], batch_size: int) -> Iterator[int]:
    """Train for ever, one dispatch and one look at the loss a step."""
    rng, order = jax.random.key(0), np.random.default_rng(0)
    state, step = create_state(rng), jax.jit(train_step, donate_argnums=0)
    while True:
        indices = order.permutation(len(labels))
        for start in range(0, len(indices) - batch_size + 1, batch_size):
            batch = indices[start : start + batch_size]
            state, metrics = step(state, images[batch], labels[batch], rng)
            float(metrics[0])
            yield 1


def main() -> None:
    """Train, and print how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("images", type=Path)
    parser.add_argument("--loop", choices=("chunk", "step"), required=True)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    with np.load(options.images) as file:
        images, labels = file["images"], file["labels"]
    run = {"chunk": run_chunks, "step": run_steps}[options.loop](images, labels, options.batch_size)
    done, start, first = 0, 0.0, 0
    for steps in run:
        done += steps
        if not start and done >= WARM_UP_STEPS:
            start, first = time.perf_counter(), done
        if done >= options.steps + WARM_UP_STEPS:
            break
    print(json.dumps({"steps": done - first, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
