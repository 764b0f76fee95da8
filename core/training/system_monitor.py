"""Measure what the process that trains a run uses of its machine."""

from __future__ import annotations

import time
from pathlib import Path

from ..files import free_bytes
from ..protocol import Event, Metrics, SystemMeasured
from .gpu_utilization import gpu_utilization

EVERY_SECONDS = 5.0
"""Time between two measurements, at least."""


class SystemMonitor:
    """Measure the process and its devices while it trains, every few seconds at most.

    Args:
        run_path: The run's directory, of whose disk the free space is measured.
    """

    def __init__(self, run_path: Path) -> None:
        import psutil

        self._run_path = run_path
        self._process = psutil.Process()
        self._measured_at: float | None = None
        self._counted_from = (time.perf_counter(), time.process_time())

    def handle_event(self, event: Event) -> SystemMeasured | None:
        """Return a measurement after the metrics of some steps, if one is due."""
        if not isinstance(event, Metrics):
            return None
        now = time.monotonic()
        if self._measured_at is not None and now - self._measured_at < EVERY_SECONDS:
            return None
        self._measured_at = now
        return self._measure(event)

    def _measure(self, event: Metrics) -> SystemMeasured:
        in_use, peak, limit = _device_memory()
        return SystemMeasured(
            step=event.step,
            time=event.time,
            cpu=self._cpu_share(),
            memory=self._process.memory_info().rss,
            disk_free=free_bytes(self._run_path),
            device_memory=in_use,
            device_peak=peak,
            device_limit=limit,
            gpu=gpu_utilization() if limit is not None else None,
        )

    def _cpu_share(self) -> float:
        """Return how many cores the process has kept busy since the last call, 0.0 or more."""
        wall, cpu = self._counted_from
        self._counted_from = now_wall, now_cpu = time.perf_counter(), time.process_time()
        return (now_cpu - cpu) / (now_wall - wall)


def _device_memory() -> tuple[int | None, int | None, int | None]:
    """Return the bytes in use on this process's devices, their peak and their limit; None where JAX knows none."""
    import jax

    found = [device.memory_stats() or {} for device in jax.local_devices()]

    def total(name: str) -> int | None:
        values = [stats[name] for stats in found if name in stats]
        return sum(values) if values else None

    return total("bytes_in_use"), total("peak_bytes_in_use"), total("bytes_limit")
