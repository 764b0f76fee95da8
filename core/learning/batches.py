"""Batches: gather images of a split on the device, in an order that a key and the epoch determine.

The data stay on the device as uint8; compiled code gathers and scales each batch, so the host does no work per step.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, Key, UInt8

from ..data.dataset import Split
from .mesh import place, place_parts

Count = Int[Array, ""] | np.int32
"""A traced integer."""


class DeviceSplit(NamedTuple):
    """A split on the device."""

    images: UInt8[Array, "rows height width *channels"]
    """The n images, after which there may be black ones: each device has the same number of rows."""
    labels: Int[Array, " n"]


class Batch(NamedTuple):
    """Images as intensities 0..1, and their classes."""

    images: Float[Array, "batch height width *channels"]
    labels: Int[Array, " batch"]


def to_device(split: Split, mesh: Mesh, *, shard: bool = False) -> DeviceSplit:
    """Copy a split to every device of a mesh, or with `shard` a part of its images to each."""
    images = place_parts(split.images, mesh) if shard else place(split.images, mesh)
    return DeviceSplit(images, place(split.labels, mesh))


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


@partial(jax.jit, static_argnames="size")
def take_batch(split: DeviceSplit, i: Count, size: int) -> Batch:
    """Return batch `i` of a split, padded with the last image."""
    positions = i * size + jnp.arange(size)
    return gather(split, jnp.minimum(positions, len(split.labels) - 1))
