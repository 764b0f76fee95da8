"""Word what a run uses of its machine."""

from __future__ import annotations

from ...core.protocol import SystemMeasured


def gigabytes(size: int) -> str:
    """Return a size in bytes as text: "0.8 GB", "12 GB"."""
    return f"{size / 1e9:.{0 if size >= 9.95e9 else 1}f} GB"


def system_rows(system: SystemMeasured | None) -> dict[str, str]:
    """Return what the process, the device and the disk are worth in a line each; empty where it is not known."""
    if system is None:
        return {"system": "", "device": "", "disk": ""}
    return {
        "system": f"{system.cpu:.0%} CPU, {gigabytes(system.memory)}",
        "device": ", ".join(filter(None, (_busy(system), _device_memory(system)))),
        "disk": f"{gigabytes(system.disk_free)} free" if system.disk_free is not None else "",
    }


def _busy(system: SystemMeasured) -> str:
    return f"{system.gpu:.0%} busy" if system.gpu is not None else ""


def _device_memory(system: SystemMeasured) -> str:
    if system.device_memory is None:
        return ""
    of = f" of {gigabytes(system.device_limit)}" if system.device_limit is not None else ""
    return f"{gigabytes(system.device_memory)}{of}"
