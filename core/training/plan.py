"""Compute a run's length from configuration and data size."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import Config
from ..errors import ConfigError
from ..text import count

DEFAULT_IMAGES = 550_000
"""Training images in a run of default length: 10 epochs of mnist's 55,000 images."""

DEFAULT_CHECKPOINTS = 40
"""About how many checkpoints a long run with default settings writes."""


@dataclass(frozen=True)
class Plan:
    """The length of a run in steps.

    An epoch drops the images of the last partial batch; each epoch has another order.
    """

    steps_per_epoch: int
    total_steps: int
    checkpoint_epochs: int

    def epoch(self, step: int) -> int:
        """Return the epoch, from 0, of the step after `step` finished steps."""
        return step // self.steps_per_epoch

    def steps_to_epoch_end(self, step: int) -> int:
        """Return the steps to the epoch's end, at least 1."""
        return self.steps_per_epoch - step % self.steps_per_epoch

    def ends_epoch(self, step: int) -> bool:
        """Return whether an epoch ends after `step` finished steps."""
        return step > 0 and step % self.steps_per_epoch == 0

    def is_checkpoint_due(self, step: int) -> bool:
        """Return whether a checkpoint is due after `step` finished steps."""
        return self.ends_epoch(step) and (step // self.steps_per_epoch) % self.checkpoint_epochs == 0


def create_plan(config: Config, train_size: int) -> Plan:
    """Compute the plan of a run.

    Args:
        config: The run's configuration.
        train_size: Images in the training split.

    Raises:
        ConfigError: when a batch is larger than the training split, or the run is too short for one update.
    """
    train = config.train
    if train.batch_size > train_size:
        raise ConfigError(
            f"train.batch-size is {train.batch_size}, but the training split has only {count(train_size)} images; "
            "choose a smaller batch"
        )
    steps_per_epoch = train_size // train.batch_size
    epochs = train.epochs or max(1, round(DEFAULT_IMAGES / train_size))
    total_steps = train.steps or epochs * steps_per_epoch
    if config.optim.accumulate_steps > total_steps:
        raise ConfigError(
            f"optim.accumulate-steps is {config.optim.accumulate_steps}, but the run has only {count(total_steps)}"
            " steps, which would be a single update; accumulate fewer steps, or train longer"
        )
    return Plan(steps_per_epoch, total_steps, checkpoint_epochs(config, steps_per_epoch, total_steps))


def checkpoint_epochs(config: Config, steps_per_epoch: int, total_steps: int) -> int:
    """Return the epochs between two checkpoints in a run of `total_steps`."""
    return config.run.checkpoint_epochs or max(1, total_steps // steps_per_epoch // DEFAULT_CHECKPOINTS)
