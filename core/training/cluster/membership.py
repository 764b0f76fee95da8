"""Join JAX's distributed runtime."""

from __future__ import annotations

import atexit
import ipaddress
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from ...errors import TrainingError
from .address import ClusterAddress

FOREVER_SECONDS = 24 * 3600
"""JAX's limit for joining, which is never reached: at the limit it would end the process with a stack trace."""

HEARTBEAT_SECONDS = 20
"""Time without a heartbeat after which JAX counts a process as dead."""


def join_cluster(address: ClusterAddress, on_wait: Callable[[int], None] = lambda seconds: None) -> None:
    """Connect to the other processes; must come before JAX looks for its devices.

    Args:
        address: The place of this process.
        on_wait: Called before each second of waiting with the number of those that have passed.

    Raises:
        TrainingError: when the others do not come in time, or the port of process 0 is taken.
    """
    import jax

    def join() -> None:
        try:
            jax.distributed.initialize(
                address.coordinator,
                address.processes,
                address.index,
                address.local_devices,
                cluster_detection_method="deactivate",
                initialization_timeout=FOREVER_SECONDS,
                heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
                coordinator_bind_address=_loopback_only(address.coordinator),
            )
        except Exception as error:  # RuntimeErrors and errors of gRPC, with messages of many lines
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    jax.config.update("jax_enable_preemption_service", False)  # it would take over SIGTERM, which ends a run cleanly
    jax.config.update("jax_enable_recoverability", True)  # process 0 outlives the others, to say which one died
    outcome: Future[None] = Future()
    threading.Thread(target=join, name="join", daemon=True).start()
    for seconds in range(address.join_seconds):
        on_wait(seconds)
        if wait([outcome], timeout=1).done:
            break
    else:
        atexit.register(os._exit, 1)  # the thread cannot be ended, and JAX's own end would wait for it
        raise TrainingError(_why_alone(address))
    try:
        outcome.result()
    except Exception as error:
        first = (str(error).splitlines() or ["no reason given"])[0]
        raise TrainingError(
            f"process {address.index} cannot join the cluster at {address.coordinator}: {first}"
        ) from error


def _loopback_only(coordinator: str) -> str | None:
    """Return the address to listen on if it is a loopback one; else None: JAX listens on all of the host."""
    host = coordinator.rpartition(":")[0].strip("[]")
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return coordinator if is_loopback else None


def _why_alone(address: ClusterAddress) -> str:
    others = f"not all {address.processes} processes joined within {address.join_seconds} s"
    if address.is_lead:
        return f"{others}; start each with the same command and its own INDEX, or wait longer with --cluster-wait"
    return (
        f"process 0 did not answer at {address.coordinator}, or {others}; check the address, or wait longer with"
        " --cluster-wait"
    )
