"""The settings of the training loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .checks import require, require_fraction


@dataclass(frozen=True)
class TrainConfig:
    """The length of training, batch size, seed, averaging and initial parameters."""

    epochs: int | None = None
    """Passes over the training split (default: enough for 550,000 images, which is 10 on mnist, 122 on mnist5k)."""

    steps: int | None = None
    """Optimization steps; overrides epochs (default: set by epochs)."""

    patience: int | None = None
    """Evaluations in a row without a better validation loss after which training ends (default: it does not);
    counted anew when a run is resumed."""

    batch_size: int = 128
    """Images per step."""

    devices: int | Literal["all"] = "all"
    """Devices of each process that share every batch: a number, or all that JAX sees."""

    seed: int = 0
    """Seed of the parameters, the data order and the noise."""

    ema_decay: float = 0.995
    """Decay per step of the exponential moving average of the parameters."""

    init_from: str | None = None
    """Run (its best checkpoint) or .safetensors file whose parameters to start from, as far as they fit (default:
    random parameters)."""

    def __post_init__(self) -> None:
        require(self.epochs is None or self.epochs >= 1, "train.epochs", self.epochs, "at least 1 epoch")
        require(self.steps is None or self.steps >= 1, "train.steps", self.steps, "at least 1 step")
        require(self.patience is None or self.patience >= 1, "train.patience", self.patience, "at least 1 evaluation")
        require(self.batch_size >= 1, "train.batch-size", self.batch_size, "at least 1 image")
        require(self.devices == "all" or self.devices >= 1, "train.devices", self.devices, "at least 1 device, or all")
        require(0 <= self.seed < 2**32, "train.seed", self.seed, "a whole number from 0 to 4294967295")
        require_fraction("train.ema-decay", self.ema_decay)
