"""Many steps in one dispatch: the compiled loop around the train_step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Int

from .batches import Count, DeviceSplit, gather
from .mesh import divided, replicated
from .train_state import TrainState
from .train_step import StepMetrics, TrainStep

MAX_CHUNK = 1024
"""Rows of the metrics buffer: the maximum number of steps in one dispatch."""


class Chunk(NamedTuple):
    """The result of a chunk of steps."""

    state: TrainState
    rows: Float[Array, "chunk metrics"]
    """A buffer with a row for each step tried; its columns are the fields of `StepMetrics`."""
    tried: Int[Array, ""]
    """The number of steps tried."""


TrainChunk = Callable[[TrainState, DeviceSplit, Int[Array, " n"], Count], Chunk]


def create_train_chunk(train_step: TrainStep, batch_size: int, mesh: Mesh) -> TrainChunk:
    """Create the jitted function that takes many steps in one dispatch.

    The number of steps is a traced argument, so one compilation serves every length, and the results do not depend on
    how steps are divided into chunks. A chunk must not cross the end of an epoch, because `order` is the order of one
    epoch. A chunk ends early at a step that is tried but not taken because its metrics are not finite.

    Each device of the mesh computes its share of every batch. The gradient is the mean over the whole batch, so XLA
    adds the shares of all devices; that sum is all that depends on their number.
    """

    @partial(jax.jit, donate_argnames="state", out_shardings=replicated(mesh))
    def train_chunk(state: TrainState, data: DeviceSplit, order: Int[Array, " n"], steps: Count) -> Chunk:
        steps_per_epoch = order.shape[0] // batch_size
        first = state.step

        def goes_on(chunk: Chunk) -> Bool[Array, ""]:
            return (chunk.tried < steps) & (chunk.state.step - first == chunk.tried)

        def body(chunk: Chunk) -> Chunk:
            state, rows, tried = chunk
            start = (state.step % steps_per_epoch) * batch_size
            indices = lax.dynamic_slice_in_dim(order, start, batch_size)
            batch = lax.with_sharding_constraint(gather(data, indices), divided(mesh))
            state, metrics = train_step(state, batch)
            return Chunk(state, rows.at[tried].set(jnp.stack(metrics)), tried + 1)

        rows = jnp.zeros((MAX_CHUNK, len(StepMetrics._fields)))
        return lax.while_loop(goes_on, body, Chunk(state, rows, jnp.zeros((), jnp.int32)))

    return train_chunk
