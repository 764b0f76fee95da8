"""Ask JAX which cluster this process was started in: Slurm, Open MPI, Kubernetes or Cloud TPU."""

from __future__ import annotations

import json
import subprocess
import sys

from ...errors import UsageError
from .address import FORM, JOIN_SECONDS, ClusterAddress

_DETECT = """
import json
from jax._src.clusters import ClusterEnv  # jax.distributed.initialize() detects with it
found = ClusterEnv.auto_detect_unset_distributed_params(None, None, None, None, None, %d)
print(json.dumps(found))
"""
"""A program that prints what JAX detects: in another process, because this one may fork later, without JAX."""


def detect_cluster(join_seconds: int = JOIN_SECONDS) -> ClusterAddress:
    """Return what `jax.distributed.initialize()` would detect.

    Args:
        join_seconds: How long to wait for the other processes.

    Raises:
        UsageError: when JAX recognizes no cluster.
    """
    program = subprocess.run(
        [sys.executable, "-c", _DETECT % join_seconds], capture_output=True, text=True, check=False
    )
    if program.returncode:
        reason = (program.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UsageError(f"JAX cannot read the description of this cluster: {reason}; write --cluster {FORM} instead")
    coordinator, processes, index, devices = json.loads(program.stdout.splitlines()[-1])
    if coordinator is None or processes is None or index is None:
        raise UsageError(
            "--cluster auto found no cluster: JAX recognizes Slurm, Open MPI, Kubernetes and Cloud TPU; elsewhere write"
            f" --cluster {FORM}"
        )
    local_devices = None if devices is None else tuple(devices)
    return ClusterAddress(coordinator, processes, index, local_devices, join_seconds)
