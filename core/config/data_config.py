"""Which images to train on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataConfig:
    """Which images to train on."""

    name: str = "auto"
    """Data set: mnist5k (packaged), mnist, fashion_mnist, kmnist, emnist/NAME; auto: mnist, or mnist5k when offline."""

    dir: str | None = None
    """Folder of the prepared data sets (default: the user's data folder)."""
