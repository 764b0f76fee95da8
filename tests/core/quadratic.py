"""Training on a sum of parabolas, for the tests of the gradient transformations."""

from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
from vae_tui.core.config import OptimConfig, Optimizer
from vae_tui.core.learning.optimizer import create_optimizer

OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)

Tree = dict[str, Any]

NOISE_RNG = jax.random.key(7)


def start() -> Tree:
    """Kernels and biases of two modules, all different."""
    shapes = {"encoder": {"Dense_0": {"kernel": (3, 2), "bias": (2,)}}, "decoder": {"kernel": (2, 4), "bias": (4,)}}
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda shape: jnp.asarray(rng.normal(size=shape), jnp.float32), shapes, is_leaf=lambda s: isinstance(s, tuple)
    )


def quadratic_gradient(params: Tree) -> Tree:
    """The gradient of a sum of parabolas around 1, steeper in the encoder than in the decoder."""
    return {
        "encoder": jax.tree.map(lambda x: 3.0 * (x - 1), params["encoder"]),
        "decoder": jax.tree.map(lambda x: 0.5 * (x - 1), params["decoder"]),
    }


def constant(rate: float) -> optax.Schedule:
    return optax.constant_schedule(rate)


def train(config: OptimConfig, steps: int, schedule: optax.Schedule) -> tuple[Tree, Any]:
    """The parameters and the optimiser's state after some steps on the quadratic."""
    params = start()
    tx = create_optimizer(config, schedule, steps, params, NOISE_RNG)
    state = tx.init(params)

    @jax.jit
    def step(params: Any, state: Any) -> tuple[Any, Any]:
        updates, state = tx.update(quadratic_gradient(params), state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(steps):
        params, state = step(params, state)
    return params, state


def first_update(config: OptimConfig, gradient: Tree, noise_rng: jax.Array = NOISE_RNG) -> Tree:
    """What one step with learning rate 1 adds to parameters that are all one."""
    params = jax.tree.map(jnp.ones_like, gradient)
    tx = create_optimizer(config, constant(1.0), 1, params, noise_rng)
    updates: Any = tx.update(gradient, tx.init(params), params)[0]
    return updates


def assert_close(got: Tree, expected: Tree, **tolerance: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerance), got, expected)
