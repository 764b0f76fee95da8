"""Join JAX's distributed runtime."""

from __future__ import annotations

import ipaddress

from ...errors import TrainingError
from .address import ClusterAddress

HEARTBEAT_SECONDS = 20
"""Time without a heartbeat after which JAX counts a process as dead."""


def join_cluster(address: ClusterAddress) -> None:
    """Connect to the other processes; must come before JAX looks for its devices.

    Args:
        address: The place of this process.

    Raises:
        TrainingError: when the others do not come in time, or the port of process 0 is taken.
    """
    import jax

    jax.config.update("jax_enable_preemption_service", False)  # it would take over SIGTERM, which ends a run cleanly
    jax.config.update("jax_enable_recoverability", True)  # process 0 outlives the others, to say which one died
    try:
        jax.distributed.initialize(
            address.coordinator,
            address.processes,
            address.index,
            address.local_devices,
            cluster_detection_method="deactivate",
            initialization_timeout=address.join_seconds,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            coordinator_bind_address=_loopback_only(address.coordinator),
        )
    except Exception as error:  # RuntimeErrors and errors of gRPC, with messages of many lines
        raise TrainingError(_why_not(address, str(error))) from error


def _loopback_only(coordinator: str) -> str | None:
    """Return the address to listen on if it is a loopback one; else None: JAX listens on all of the host."""
    host = coordinator.rpartition(":")[0].strip("[]")
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return coordinator if is_loopback else None


def _why_not(address: ClusterAddress, reason: str) -> str:
    others = f"all {address.processes} processes"
    if "DEADLINE_EXCEEDED" in reason and address.is_lead:
        return (
            f"not {others} joined within {address.join_seconds} s; start each with the same command and its own INDEX,"
            " or wait longer with --cluster-wait"
        )
    if "DEADLINE_EXCEEDED" in reason:
        return (
            f"process 0 did not answer at {address.coordinator}, or not {others} joined, within"
            f" {address.join_seconds} s; check the address, or wait longer with --cluster-wait"
        )
    first = (reason.splitlines() or ["no reason given"])[0]
    return f"process {address.index} cannot join the cluster at {address.coordinator}: {first}"
