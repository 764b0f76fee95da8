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


def take_local(tree: PyTree, mesh: Mesh) -> Any:
    """Return this process's copies of replicated arrays, on its part of the mesh; no data is copied.

    A computation on them needs no other process.
    """
    if not any(device.process_index != jax.process_index() for device in mesh.devices.flat):
        return tree
    whole = replicated(local_mesh(mesh))

    def local(leaf: jax.Array) -> jax.Array:
        shards = [shard.data for shard in leaf.addressable_shards]
        return jax.make_array_from_single_device_arrays(leaf.shape, whole, shards)

    return jax.tree.map(local, tree)
