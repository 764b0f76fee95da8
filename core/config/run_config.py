"""Where the run is kept, and how often it is sampled and saved."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_not_negative


@dataclass(frozen=True)
class RunConfig:
    """Where the run is kept, and how often it is sampled and saved."""

    dir: str | None = None
    """The run's own directory (default: runs/DATE-DATASET-N below the working directory)."""

    sample_steps: int = 250
    """Steps between pictures of generated digits."""

    samples_per_class: int = 8
    """Digits drawn of each class in a picture."""

    temperature: float = 0.8
    """Standard deviation of the noise that the latents of pictures are made from (1: the prior)."""

    checkpoint_epochs: int | None = None
    """Epochs between checkpoints (default: 1; longer runs than 40 epochs save about 40 times)."""

    keep_checkpoints: int = 3
    """Latest checkpoints to keep; the best one is kept beside them."""

    tensorboard: bool = False
    """Write TensorBoard event files into the run's folder tensorboard, too."""

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
