"""The mesh of devices that share the work: each batch is divided over them, and everything else is on all of them.

A mesh has one axis, "data". XLA inserts the communication: compiled code only says how its arrays are placed.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Literal

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from ..errors import ConfigError
from ..text import count

AXIS = "data"
"""The axis of the mesh, over which batches are divided."""


def create_mesh(devices: int | Literal["all"] = "all") -> Mesh:
    """Arrange devices on the axis.

    Args:
        devices: Number of devices of each process.

    Raises:
        ConfigError: when a process has fewer devices.
    """
    chosen: list[Any] = []
    for process, group in groupby(jax.devices(), key=lambda device: device.process_index):
        found = list(group)
        if devices != "all" and devices > len(found):
            where = "JAX sees" if jax.process_count() == 1 else f"process {process} sees"
            raise ConfigError(
                f"train.devices is {devices}, but {where} {len(found)} {found[0].platform} "
                f"device{'s' * (len(found) > 1)}; choose {len(found)} or fewer, or all"
            )
        chosen += found if devices == "all" else found[:devices]
    return Mesh(np.asarray(chosen), (AXIS,))


def local_mesh(mesh: Mesh | None = None) -> Mesh:
    """Return the part of a mesh that belongs to this process (None: all devices of this process)."""
    devices = jax.local_devices() if mesh is None else mesh.local_devices
    return Mesh(np.asarray(devices), (AXIS,))


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Check that every device of a mesh gets the same share of a batch.

    Raises:
        ConfigError: when the batch cannot be divided; the message names the nearest sizes that can.
    """
    if batch_size % mesh.size:
        below = batch_size // mesh.size * mesh.size
        nearest = " or ".join(str(size) for size in (below, below + mesh.size) if size)
        raise ConfigError(
            f"train.batch-size is {batch_size}, which {count(mesh.size)} devices cannot share evenly; "
            f"choose {nearest}, or fewer devices with --train.devices"
        )


def replicated(mesh: Mesh) -> NamedSharding:
    """Return the placement of arrays of which every device has a copy."""
    return NamedSharding(mesh, PartitionSpec())


def divided(mesh: Mesh) -> NamedSharding:
    """Return the placement of arrays whose first axis is divided over the devices."""
    return NamedSharding(mesh, PartitionSpec(AXIS))


def place(tree: PyTree, mesh: Mesh) -> Any:
    """Copy arrays of the host to every device of a mesh, and commit them to it.

    All processes must pass the same arrays. A state that is restored from a checkpoint is committed as well. JAX
    distinguishes committed from uncommitted arrays, and would compile the functions again for the other kind.
    """
    whole = replicated(mesh)
    return jax.tree.map(lambda leaf: jax.make_array_from_process_local_data(whole, np.asarray(leaf)), tree)


def place_parts(array: np.ndarray, mesh: Mesh) -> Any:
    """Copy a part of an array's rows to each device of a mesh, after rows of zeros that make the parts equal.

    All processes must pass the same array, and copy only the parts of their own devices.
    """
    rows = -(-len(array) // mesh.size) * mesh.size

    def part(index: Any) -> np.ndarray:
        found = array[index]
        wanted = len(range(*index[0].indices(rows)))
        return np.concatenate([found, np.zeros((wanted - len(found), *array.shape[1:]), array.dtype)])

    return jax.make_array_from_callback((rows, *array.shape[1:]), divided(mesh), part)


def take_local(tree: PyTree, mesh: Mesh) -> Any:
    """Return this process's copies of replicated arrays, on its part of the mesh; no data is copied.

    A computation on them needs no other process.
    """
    return _rewrap(tree, replicated(local_mesh(mesh)))


def spread(tree: PyTree, mesh: Mesh) -> Any:
    """Return arrays of which every process has the same copies, as arrays of the whole mesh; no data is copied.

    This is the inverse of `take_local`.
    """
    return _rewrap(tree, replicated(mesh))


def mesh_of(leaf: Any) -> Mesh:
    """Return the mesh of an array that `place` has placed."""
    return leaf.sharding.mesh


def _rewrap(tree: PyTree, sharding: NamedSharding) -> Any:
    def rewrap(leaf: jax.Array) -> jax.Array:
        if leaf.sharding == sharding:
            return leaf
        copies = [shard.data for shard in leaf.addressable_shards]
        return jax.make_array_from_single_device_arrays(leaf.shape, sharding, copies)

    return jax.tree.map(rewrap, tree)
