"""Coordinate the processes of a cluster on their hosts, without their devices.

They use the key-value store and the barriers of JAX's coordination service, as Orbax does. JAX has no public name for
them yet; only this module uses the private one.
"""

from __future__ import annotations

import itertools
from typing import Any

import jax
from jax._src import distributed

BARRIER_SECONDS = 3600
"""How long processes wait for each other: one may compile, or read a checkpoint from a slow disk."""

_barriers = itertools.count()


def coordination_client() -> Any:
    """Return the client of the coordination service."""
    return distributed.global_state.client


def is_primary() -> bool:
    """Return whether this is process 0, which looks after shared files; it may be the only process."""
    return jax.process_index() == 0


def wait_for_all() -> None:
    """Wait until every process has come to the same point of the program.

    Before the devices compute something together, all processes must be ready for it: gloo and NCCL give up after
    30 seconds.
    """
    if jax.process_count() > 1:
        coordination_client().wait_at_barrier(f"vae-tui/barrier/{next(_barriers)}", BARRIER_SECONDS * 1000)
