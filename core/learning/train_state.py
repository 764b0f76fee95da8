"""The training state: everything that a step reads and writes, and that a checkpoint holds."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import struct, traverse_util
from flax.training import train_state
from jaxtyping import Array, Float, Key, PyTree

from ..model import IMAGE_SHAPE, ConditionalVAE

Params = PyTree
"""A nested dictionary of arrays: the model's parameters, or gradients of the same structure."""


class Knobs(NamedTuple):
    """What may change while training: factors on the scheduled learning rate and on the scheduled weight of the KL.

    They are part of the state, so compiled code takes them as arguments, and a checkpoint holds them.
    """

    learning_rate_scale: Float[Array, ""]
    beta_scale: Float[Array, ""]


def create_knobs(learning_rate_scale: float = 1.0, beta_scale: float = 1.0) -> Knobs:
    """Knobs where the state is."""
    return place(Knobs(jnp.float32(learning_rate_scale), jnp.float32(beta_scale)))


class TrainState(train_state.TrainState):
    """Flax's TrainState (step, params, tx, opt_state) with averaged parameters, knobs and the root of the noise.

    The noise of step i is drawn from `fold_in(rng, i)`, so `rng` itself never changes: a state is enough to
    continue the very same trajectory.
    """

    ema_params: Params
    rng: Key[Array, ""]
    knobs: Knobs
    ema_decay: float = struct.field(pytree_node=False, default=0.0)
    """Decay per step of the average (0: it is the newest parameters). Static: part of the compiled code."""

    def apply_gradients(self, *, grads: Params, **kwargs: Any) -> TrainState:
        """Take one optimiser step, scaled by the knob, and move the average towards the new parameters.

        The chain ends by multiplying with the scheduled rate, so scaling its result scales the rate. As in Flax,
        `kwargs` are further fields to replace.
        """
        updates, opt_state = self.tx.update(grads, self.opt_state, self.params)
        params = optax.apply_updates(self.params, optax.tree.scale(self.knobs.learning_rate_scale, updates))
        step = self.step + 1
        weight = ema_step_size(self.ema_decay, step)
        # In this form the average of what does not move does not move either, to the last bit.
        ema_params = jax.tree.map(lambda average, new: average + weight * (new - average), self.ema_params, params)
        return self.replace(step=step, params=params, opt_state=opt_state, ema_params=ema_params, **kwargs)


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


def create_params(model: ConditionalVAE, rng: Key[Array, ""]) -> Params:
    """The model's initial parameters."""

    @jax.jit
    def init(rng: Key[Array, ""]) -> Params:
        params_rng, latent_rng = jax.random.split(rng)
        images, labels = jnp.zeros((1, *IMAGE_SHAPE)), jnp.zeros((1,), jnp.int32)
        return model.init({"params": params_rng, "latent": latent_rng}, images, labels)["params"]

    return init(rng)


def create_train_state(
    model: ConditionalVAE,
    params: Params,
    tx: optax.GradientTransformation,
    rng: Key[Array, ""],
    *,
    ema_decay: float = 0.0,
) -> TrainState:
    """The state before the first step, in one compiled call.

    Args:
        model: The model.
        params: Its parameters; the average starts from them, too.
        tx: The gradient transformations.
        rng: The root of the noise.
        ema_decay: Decay per step of the average (0: no averaging).
    """

    @jax.jit
    def create(params: Params, rng: Key[Array, ""]) -> TrainState:
        knobs = Knobs(jnp.ones(()), jnp.ones(()))
        state = TrainState.create(
            apply_fn=model.apply, params=params, tx=tx, ema_params=params, rng=rng, knobs=knobs, ema_decay=ema_decay
        )
        return state.replace(step=jnp.zeros((), jnp.int32))

    return place(create(params, rng))


def place(tree: PyTree) -> Any:
    """Put arrays where a run has all of its own: on the default device, to which they are committed.

    A state that is read from a checkpoint is committed, too. Compiled code distinguishes the two kinds, and would be
    compiled again for the other one.
    """
    return jax.device_put(tree, jax.devices()[0])


def flatten(params: Params) -> dict[str, Any]:
    """The arrays of a nested tree by their paths, such as encoder/Dense_0/kernel; `unflatten` is its inverse."""
    return traverse_util.flatten_dict(params, sep="/")


def unflatten(arrays: dict[str, Any]) -> Params:
    """The nested tree of arrays that are named by their paths."""
    return traverse_util.unflatten_dict(arrays, sep="/")


def parameter_count(params: Params) -> int:
    """Number of scalars in a tree of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
