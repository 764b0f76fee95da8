"""The settings of the run directory, sampling and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_not_negative


@dataclass(frozen=True)
class RunConfig:
    """Where the run is stored, and how often samples and checkpoints are made."""

    dir: str | None = None
    """The run's directory (default: runs/DATE-DATASET-N in the working directory)."""

    sample_steps: int = 250
    """Steps between pictures of generated samples."""

    samples_per_class: int = 8
    """Samples of each class in a picture."""

    temperature: float = 0.8
    """Standard deviation of the noise from which samples are generated (1: sample from the prior)."""

    checkpoint_epochs: int | None = None
    """Epochs between checkpoints (default: 1; runs of more than 40 epochs save about 40 checkpoints)."""

    keep_checkpoints: int = 3
    """Number of latest checkpoints to keep; the best checkpoint is kept as well."""

    tensorboard: bool = False
    """Also write TensorBoard event files, to the folder tensorboard in the run's directory."""

    def __post_init__(self) -> None:
        require(self.sample_steps >= 1, "run.sample-steps", self.sample_steps, "at least 1 step")
        require(
            1 <= self.samples_per_class <= 64, "run.samples-per-class", self.samples_per_class, "a number from 1 to 64"
        )
        require_not_negative("run.temperature", self.temperature)
        require(
            self.checkpoint_epochs is None or self.checkpoint_epochs >= 1,
            "run.checkpoint-epochs",
            self.checkpoint_epochs,
            "at least 1 epoch",
        )
        require(self.keep_checkpoints >= 1, "run.keep-checkpoints", self.keep_checkpoints, "at least 1")
