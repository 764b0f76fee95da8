"""How long a run is and where its epochs end: plain arithmetic on the configuration and the data's size."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import Config
from ..errors import ConfigError

DEFAULT_IMAGES = 550_000
"""Images shown in a run of default length: 10 epochs of mnist's 55,000 training images."""

DEFAULT_CHECKPOINTS = 40
"""About how often a long run of default settings is saved."""


@dataclass(frozen=True)
class Plan:
    """The run in steps. An epoch leaves out the images of a last part batch; the next epoch's order differs."""

    steps_per_epoch: int
    total_steps: int
    checkpoint_epochs: int

    def epoch(self, step: int) -> int:
        """The epoch (from 0) that step number `step + 1` belongs to."""
        return step // self.steps_per_epoch

    def steps_to_epoch_end(self, step: int) -> int:
        """Steps from `step` to the end of the epoch that comes next, at least 1."""
        return self.steps_per_epoch - step % self.steps_per_epoch

    def ends_epoch(self, step: int) -> bool:
        """Whether an epoch ends with this many finished steps."""
        return step > 0 and step % self.steps_per_epoch == 0

    def is_checkpoint_due(self, step: int) -> bool:
        """Whether the epoch that ends with this many finished steps is one to save."""
        return self.ends_epoch(step) and (step // self.steps_per_epoch) % self.checkpoint_epochs == 0


def create_plan(config: Config, train_size: int) -> Plan:
    """Work out a run's length.

    Raises:
        ConfigError: when a batch is larger than the training split.
    """
    train = config.train
    if train.batch_size > train_size:
        raise ConfigError(
            f"train.batch-size is {train.batch_size}, but the training split has only {train_size} images; "
            "choose a smaller batch"
        )
    steps_per_epoch = train_size // train.batch_size
    epochs = train.epochs or max(1, round(DEFAULT_IMAGES / train_size))
    total_steps = train.steps or epochs * steps_per_epoch
    return Plan(steps_per_epoch, total_steps, checkpoint_epochs(config, steps_per_epoch, total_steps))


def checkpoint_epochs(config: Config, steps_per_epoch: int, total_steps: int) -> int:
    """Epochs from one checkpoint to the next, in a run of a length."""
    return config.run.checkpoint_epochs or max(1, total_steps // steps_per_epoch // DEFAULT_CHECKPOINTS)
