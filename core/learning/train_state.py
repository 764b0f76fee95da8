"""The train_state: everything that a step reads and writes, and that a checkpoint holds."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct, traverse_util
from flax.training import train_state
from jax.sharding import Mesh
from jaxtyping import Array, Float, Key, PyTree

from ..model import ConditionalVAE
from .mesh import place, replicated

Params = PyTree
"""A nested dictionary of arrays: the model's parameters, or gradients of the same structure."""


class Knobs(NamedTuple):
    """Factors on the learning rate and KL weight, changeable during training.

    The knobs are part of the state, so that compiled code takes them as arguments and checkpoints store them.
    """

    learning_rate_scale: Float[Array, ""]
    beta_scale: Float[Array, ""]


def create_knobs(mesh: Mesh, learning_rate_scale: float = 1.0, beta_scale: float = 1.0) -> Knobs:
    """Create knobs on the devices of the state."""
    return Knobs(*place((np.float32(learning_rate_scale), np.float32(beta_scale)), mesh))


class TrainState(train_state.TrainState):
    """Flax's TrainState with averaged parameters, knobs and the root key of the noise.

    The inherited fields are step, apply_fn, params, tx and opt_state. The noise of step i is drawn from `fold_in(rng,
    i)`, so `rng` never changes, and training that continues from a state follows exactly the same trajectory.
    """

    ema_params: Params
    rng: Key[Array, ""]
    knobs: Knobs
    ema_decay: float = struct.field(pytree_node=False, default=0.0)
    """Decay per step of the average (0: no averaging). Static: part of the compiled code."""

    def apply_gradients(self, *, grads: Params, **kwargs: Any) -> TrainState:
        """Take one optimizer step, scaled by the learning-rate knob, and update the average.

        The last transformation of the optimizer multiplies by the scheduled learning rate, so scaling the updates
        scales the learning rate. As in Flax, `kwargs` are further fields to replace.
        """
        updates, opt_state = self.tx.update(grads, self.opt_state, self.params)
        params = optax.apply_updates(self.params, optax.tree.scale(self.knobs.learning_rate_scale, updates))
        step = self.step + 1
        weight = ema_step_size(self.ema_decay, step)
        # In this form the average of a parameter that does not change does not change either, bit for bit.
        ema_params = jax.tree.map(lambda average, new: average + weight * (new - average), self.ema_params, params)
        return self.replace(step=step, params=params, opt_state=opt_state, ema_params=ema_params, **kwargs)


def ema_step_size(decay: float, step: Array | int) -> Array:
    """Return the newest parameters' weight in a bias-corrected average.

    `step` is the number of the update, from 1.

    The corrected average (Kingma & Ba 2015, section 3) of p_1 .. p_t is sum_i (1 - d) d^(t-i) p_i / (1 - d^t).
    It satisfies ema_t = ema_(t-1) + w_t (p_t - ema_(t-1)) with w_t = (1 - d) / (1 - d^t): the stored tree is always
    the corrected average, and the first update discards its initial value (w_1 = 1).
    """
    if decay == 0.0:
        return jnp.ones(())
    # expm1 computes 1 - d^t without cancellation in float32 when d is close to 1.
    return (1.0 - decay) / -jnp.expm1(jnp.asarray(step, jnp.float32) * math.log(decay))


def create_params(model: ConditionalVAE, rng: Key[Array, ""]) -> Params:
    """Create the model's initial parameters.

    The mean image, a constant among them, is gray until the caller replaces it.
    """

    @jax.jit
    def init(rng: Key[Array, ""]) -> Params:
        params_rng, latent_rng = jax.random.split(rng)
        images, labels = jnp.zeros((1, *model.image_shape)), jnp.zeros((1,), jnp.int32)
        return model.init({"params": params_rng, "latent": latent_rng}, images, labels)["params"]

    return init(rng)


def create_train_state(
    model: ConditionalVAE,
    params: Params,
    tx: optax.GradientTransformation,
    rng: Key[Array, ""],
    mesh: Mesh,
    *,
    ema_decay: float = 0.0,
) -> TrainState:
    """Create the state before the first step, in one compiled call.

    Args:
        model: The model.
        params: The model's parameters; the average also starts from them.
        tx: The optimizer.
        rng: The root key of the noise.
        mesh: The devices, each of which gets a copy of the state.
        ema_decay: Decay per step of the average (0: no averaging).
    """

    @partial(jax.jit, out_shardings=replicated(mesh))
    def create(params: Params, rng: Key[Array, ""]) -> TrainState:
        knobs = Knobs(jnp.ones(()), jnp.ones(()))
        state = TrainState.create(
            apply_fn=model.apply, params=params, tx=tx, ema_params=params, rng=rng, knobs=knobs, ema_decay=ema_decay
        )
        return state.replace(step=jnp.zeros((), jnp.int32))

    return create(params, rng)


def flatten(params: Params) -> dict[str, Any]:
    """Return a tree's arrays by path, such as encoder/Dense_0/kernel.

    `unflatten` is the inverse.
    """
    return traverse_util.flatten_dict(params, sep="/")


def unflatten(arrays: dict[str, Any]) -> Params:
    """Return the nested tree of arrays that are named by path."""
    return traverse_util.unflatten_dict(arrays, sep="/")


def parameter_count(params: Params) -> int:
    """Return the number of scalars in a tree of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
