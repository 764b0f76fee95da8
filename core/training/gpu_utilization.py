"""Measure how busy NVIDIA's GPUs are, where `nvidia-ml-py` is installed."""

from __future__ import annotations

import importlib
import os
import statistics
from collections.abc import Iterator
from functools import cache
from typing import Any


def gpu_utilization() -> float | None:
    """Return the share of time, 0 to 1, in which the process's GPUs were busy lately; None where it is not known."""
    nvml = _nvml()
    if nvml is None:
        return None
    try:
        return statistics.mean(nvml.nvmlDeviceGetUtilizationRates(handle).gpu for handle in _handles(nvml)) / 100
    except (nvml.NVMLError, statistics.StatisticsError):  # a part of a GPU (MIG), or a driver that does not tell
        return None


@cache
def _nvml() -> Any:
    """Return NVIDIA's management library; None where it or its driver is missing."""
    try:
        nvml: Any = importlib.import_module("pynvml")  # in the extra "nvidia"
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return nvml


def _handles(nvml: Any) -> Iterator[Any]:
    """Yield the GPUs that CUDA shows to this process, by number or by UUID; all of them if it does not choose."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    for name in range(nvml.nvmlDeviceGetCount()) if chosen is None else filter(None, chosen.split(",")):
        if str(name).isdecimal():
            yield nvml.nvmlDeviceGetHandleByIndex(int(name))
        else:
            yield nvml.nvmlDeviceGetHandleByUUID(name)
