"""The training state: everything that a step reads and writes, and that a checkpoint holds."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax.training import train_state
from jaxtyping import Array, Key

from .config import Config
from .model import IMAGE_SHAPE, ConditionalVAE

Params = Any
"""A tree of arrays: the model's parameters, or gradients of the same structure."""


class TrainState(train_state.TrainState):
    """Flax's TrainState (step, params, tx, opt_state) with averaged parameters and the root of the step's noise.

    The noise of step i is drawn from `fold_in(rng, i)`, so `rng` itself never changes: a state is enough to
    continue the very same trajectory.
    """

    ema_params: Params
    rng: Key[Array, ""]

    def apply_gradients(self, *, grads: Params, ema_decay: float, **changes: Any) -> TrainState:
        """Take one optimiser step and move the average towards the new parameters."""
        state = super().apply_gradients(grads=grads, **changes)
        step_size = ema_step_size(ema_decay, state.step)
        return state.replace(ema_params=optax.incremental_update(state.params, state.ema_params, step_size))


def ema_step_size(decay: float, step: Array | int) -> Array:
    """Weight of the newest parameters in a bias-corrected exponential moving average, at the `step`-th update.

    The corrected average (Kingma & Ba 2015, section 3) of p_1 .. p_t is sum_i (1 - d) d^(t-i) p_i / (1 - d^t).
    It obeys ema_t = ema_(t-1) + w_t (p_t - ema_(t-1)) with w_t = (1 - d) / (1 - d^t): the stored tree is always
    the corrected one, and whatever it starts from is forgotten at the first update (w_1 = 1).
    """
    if decay == 0.0:
        return jnp.ones(())
    # 1 - d^t without the cancellation that float32 would suffer for d close to 1.
    return (1.0 - decay) / -jnp.expm1(jnp.asarray(step, jnp.float32) * math.log(decay))


def create_train_state(
    config: Config, classes: int, tx: optax.GradientTransformation, rng: Key[Array, ""]
) -> TrainState:
    """Initialise the model's parameters and everything that depends on them."""
    model = ConditionalVAE(config.model, classes)

    @jax.jit
    def init(rng: Key[Array, ""]) -> TrainState:
        params_rng, latent_rng, state_rng = jax.random.split(rng, 3)
        images, labels = jnp.zeros((1, *IMAGE_SHAPE)), jnp.zeros((1,), jnp.int32)
        params = model.init({"params": params_rng, "latent": latent_rng}, images, labels)["params"]
        state = TrainState.create(apply_fn=model.apply, params=params, tx=tx, ema_params=params, rng=state_rng)
        return state.replace(step=jnp.zeros((), jnp.int32))

    return init(rng)


def parameter_count(params: Params) -> int:
    """Number of scalars in a tree of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
