"""A small classifier of digits, to tell whether a sample is what it was asked to be. It is no part of the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jaxtyping import Array, Float, Int, UInt8
from vae_tui.core.data.dataset import Split
from vae_tui.core.learning.train_state import Params

BATCH = 128
EPOCHS = 6

Classify = Callable[[UInt8[np.ndarray, "n 28 28"]], Int[np.ndarray, " n"]]


class Classifier(nn.Module):
    """Two convolutions and two dense layers."""

    @nn.compact
    def __call__(self, images: Float[Array, "batch 28 28"]) -> Float[Array, "batch 10"]:
        """Return the logits of the classes."""
        x = nn.relu(nn.Conv(16, (5, 5), strides=2)(images[..., None]))
        x = nn.relu(nn.Conv(32, (3, 3), strides=2)(x))
        x = nn.relu(nn.Dense(128)(x.reshape(len(x), -1)))
        return nn.Dense(10)(x)


def train_classifier(train: Split) -> Classify:
    """Train on real digits (half a minute for 55,000 of them). Returns the function that names images' classes."""
    model = Classifier()
    steps = len(train) // BATCH
    tx = optax.adamw(optax.cosine_decay_schedule(2e-3, EPOCHS * steps), weight_decay=1e-2)
    params = model.init(jax.random.key(0), jnp.zeros((1, 28, 28)))
    opt_state = tx.init(params)

    @jax.jit
    def step(params: Params, opt_state: optax.OptState, images: Array, labels: Array) -> tuple[Params, optax.OptState]:
        def loss(params: Params) -> Array:
            logits: Any = model.apply(params, images / 255.0)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        updates, opt_state = tx.update(jax.grad(loss)(params), opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    rng = np.random.default_rng(0)
    for _ in range(EPOCHS):
        for indices in rng.permutation(len(train))[: steps * BATCH].reshape(steps, BATCH):
            images = train.images[indices].astype(np.float32)
            params, opt_state = step(params, opt_state, images, train.labels[indices])

    @jax.jit
    def classify(images: Array) -> Array:
        logits: Any = model.apply(params, images / 255.0)
        return logits.argmax(axis=-1)

    def classify_all(images: UInt8[np.ndarray, "n 28 28"]) -> Int[np.ndarray, " n"]:
        parts = np.array_split(images.astype(np.float32), max(1, len(images) // 1000))
        return np.concatenate([np.asarray(classify(part)) for part in parts])

    return classify_all
