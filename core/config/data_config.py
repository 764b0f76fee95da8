"""The settings of the data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataConfig:
    """The images to train on."""

    name: str = "auto"
    """Data set: mnist5k (packaged), mnist, fashion_mnist, kmnist, emnist/NAME; auto: mnist, or mnist5k when offline."""

    dir: str | None = None
    """Folder of the prepared data sets (default: a folder in the user's data directory)."""
