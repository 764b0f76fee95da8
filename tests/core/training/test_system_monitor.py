"""What a run uses of its machine: measured now and then, in the log, and without GPUs nothing of them."""

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from vae_tui.core.protocol.events import Metrics, Notice, SystemMeasured
from vae_tui.core.training import gpu_utilization, system_monitor
from vae_tui.core.training.system_monitor import SystemMonitor


def metrics(step: int) -> Metrics:
    one = np.ones(1, np.float32)
    return Metrics(
        step=step, first_step=step, seconds=0.1, loss=one, reconstruction=one, kl=one, grad_norm=one, learning_rate=one
    )


class StubError(Exception):
    pass


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.SimpleNamespace]:
    """A stand-in for NVIDIA's library on a machine with three GPUs, of which the last one does not tell."""

    def rates(handle: int) -> types.SimpleNamespace:
        if handle == 2:
            raise StubError
        return types.SimpleNamespace(gpu=(40, 80)[handle])

    library = types.SimpleNamespace(
        NVMLError=StubError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 3,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetHandleByUUID=lambda uuid: {"GPU-a": 0, "GPU-b": 1}[uuid],
        nvmlDeviceGetUtilizationRates=rates,
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)  # type: ignore[arg-type]
    gpu_utilization._nvml.cache_clear()
    yield library
    gpu_utilization._nvml.cache_clear()


def test_measurements_are_few_and_those_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(system_monitor.time, "monotonic", lambda: now[0])
    monitor = SystemMonitor(tmp_path)
    assert monitor.handle_event(Notice(step=1, level="info", text="")) is None
    found = monitor.handle_event(metrics(1))
    assert isinstance(found, SystemMeasured)
    assert 1e7 < found.memory < 1e12
    assert found.disk_free is not None
    assert found.disk_free > 0
    assert (found.device_memory, found.device_limit, found.gpu) == (None, None, None), "the device is the CPU"
    now[0] += 4.9
    assert monitor.handle_event(metrics(2)) is None
    now[0] += 0.2
    sum(number * number for number in range(300_000))
    later = monitor.handle_event(metrics(3))
    assert later is not None
    assert (later.step, later.cpu > 0) == (3, True)


def test_device_memory_is_that_of_all_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stats: list[Callable[[], dict[str, int] | None]] = [
        lambda: {"bytes_in_use": 3, "peak_bytes_in_use": 5, "bytes_limit": 80},
        lambda: {"bytes_in_use": 4, "peak_bytes_in_use": 6, "bytes_limit": 80},
    ]
    monkeypatch.setattr(jax, "local_devices", lambda: [types.SimpleNamespace(memory_stats=found) for found in stats])
    found = SystemMonitor(tmp_path).handle_event(metrics(1))
    assert found is not None
    assert (found.device_memory, found.device_peak, found.device_limit) == (7, 11, 160)


@pytest.mark.parametrize(("visible", "share"), [("0,1", 0.6), ("GPU-b", 0.8), ("2", None), (None, None), ("", None)])
def test_the_gpus_of_the_process_are_measured(
    nvml: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch, visible: str | None, share: float | None
) -> None:
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_utilization.gpu_utilization() == share


def test_without_the_library_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)  # type: ignore[arg-type]
    gpu_utilization._nvml.cache_clear()
    assert gpu_utilization.gpu_utilization() is None
    gpu_utilization._nvml.cache_clear()
