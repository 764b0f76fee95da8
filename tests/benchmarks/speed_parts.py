"""What a step is made of, each part measured apart: matrix products, optimiser, loss, activation, noise, batch.

    python tests/benchmarks/speed_parts.py IMAGES.npz [--batch-size 128] [--rounds 9]

Prints milliseconds a step by part, and the floating-point operations of a step's matrix products. The parts are run
in loops of one dispatch whose passes depend on each other, so that nothing can be left out or moved out. Inside the
step XLA fuses across these borders, so the sum need not be the step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from speed_jax import LATENTS, LAYERS, PIXELS, create_state, cross_entropy, update

PASSES = 20

Body = Callable[[Any], Any]
"""One pass over a part: from what the pass before returned to what the next is given."""


def contractions(batch_size: int) -> list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, int]]]:
    """Every matrix product of a step: the shapes of both sides, and the axes that are summed over.

    Of a layer: the product forward, the kernel's gradient, and the input's gradient (not the first layer's).
    """
    products = []
    for layer, (inputs, outputs) in enumerate(LAYERS):
        products.append(((batch_size, inputs), (inputs, outputs), (1, 0)))
        products.append(((batch_size, inputs), (batch_size, outputs), (0, 0)))
        if layer > 0:
            products.append(((batch_size, outputs), (inputs, outputs), (1, 1)))
    return products


def operations(batch_size: int) -> float:
    """Floating-point operations of those products; a multiplication and an addition are two."""
    return sum(2.0 * np.prod(left) * right[1 - axes[1]] for left, right, axes in contractions(batch_size))


def products(batch_size: int) -> tuple[Body, Any]:
    """All matrix products of a step."""
    rng = np.random.default_rng(0)
    shapes = contractions(batch_size)
    sides = [[jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in pair[:2]] for pair in shapes]

    def body(carry: Any) -> Any:
        lefts, rights, _ = carry
        results = [
            lax.dot_general(left, right, (((axes[0],), (axes[1],)), ((), ())))
            for left, right, (_, _, axes) in zip(lefts, rights, shapes, strict=True)
        ]
        lefts = [
            left.at[0, 0].add(1e-9 * result[0, 0].astype(left.dtype))
            for left, result in zip(lefts, results, strict=True)
        ]
        return lefts, rights, results

    lefts, rights = [pair[0] for pair in sides], [pair[1] for pair in sides]
    return body, body((lefts, rights, None))


def optimiser(batch_size: int) -> tuple[Body, Any]:
    """Clipping, Adam and the average."""
    state = create_state(jax.random.key(0))
    return lambda carry: (update(carry[0], carry[1])[0], carry[1]), (state, jax.tree.map(jnp.ones_like, state.params))


def loss(batch_size: int) -> tuple[Body, Any]:
    """The cross-entropy of the pixels and its derivative."""
    x = jax.random.uniform(jax.random.key(0), (batch_size, PIXELS))

    def body(carry: Any) -> Any:
        logits, total = carry
        value, slope = jax.value_and_grad(lambda logits: cross_entropy(logits, x).sum(-1).mean())(logits)
        return logits - slope, total + value

    return body, (jnp.zeros_like(x), jnp.zeros(()))


def activation(batch_size: int) -> tuple[Body, Any]:
    """The GELUs of the two hidden layers and their derivatives."""
    widths = [outputs for i, (_, outputs) in enumerate(LAYERS) if i not in (1, 3)]

    def body(carry: Any) -> Any:
        results, pull = jax.vjp(lambda xs: [jax.nn.gelu(x) for x in xs], carry)
        return pull(results)[0]

    return body, [jnp.ones((batch_size, width)) for width in widths]


def noise(batch_size: int) -> tuple[Body, Any]:
    """The latents' noise from the run's key and the step."""
    rng = jax.random.key(0)

    def body(carry: Any) -> Any:
        i, total = carry
        return i + 1, total + jax.random.normal(jax.random.fold_in(rng, i), total.shape)

    return body, (jnp.zeros((), jnp.int32), jnp.zeros((batch_size, LATENTS)))


def batch(batch_size: int, images: Any) -> tuple[Body, Any]:
    """Gathering the images and scaling them."""

    def body(carry: Any) -> Any:
        indices, _ = carry
        x = images[indices].astype(jnp.float32) / 255
        return (indices + 1 + (x[0, 0, 0] > 2)) % len(images), x

    indices = jax.random.permutation(jax.random.key(0), len(images))[:batch_size]
    return body, (indices, jnp.zeros((batch_size, 28, 28)))


def milliseconds(parts: dict[str, tuple[Body, Any]], rounds: int) -> dict[str, float]:
    """The median time of a pass, the parts taken in turn."""
    loops = {name: jax.jit(lambda carry, body=body: _repeat(body, carry)) for name, (body, _) in parts.items()}
    carries = {name: carry for name, (_, carry) in parts.items()}
    times: dict[str, list[float]] = {name: [] for name in parts}
    for i in range(rounds + 1):
        for name, loop in loops.items():
            start = time.perf_counter()
            carries[name] = jax.block_until_ready(loop(carries[name]))
            if i > 0:  # the first one compiles
                times[name].append(1000 * (time.perf_counter() - start) / PASSES)
    return {name: statistics.median(values) for name, values in times.items()}


def _repeat(body: Body, carry: Any) -> Any:
    return lax.fori_loop(0, PASSES, lambda _, carry: body(carry), carry)


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("images", type=Path)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with np.load(options.images) as file:
        images = jax.device_put(file["images"])
    size = options.batch_size
    parts = {
        "matrix products": products(size),
        "clip, Adam, average": optimiser(size),
        "loss": loss(size),
        "activation": activation(size),
        "noise": noise(size),
        "batch": batch(size, images),
    }
    print(json.dumps({"milliseconds": milliseconds(parts, options.rounds), "operations": operations(size)}))


if __name__ == "__main__":
    main()
