"""The orders of process 0: what every process does next with its devices."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from ...config import SplitName


class Start(Struct, tag=True):
    """Prepare a run: load its data, and build and place its model."""

    config: str
    """The configuration, as JSON."""
    run: str
    """The run's directory, absolute; all processes share its disk."""
    is_resumed: bool


class Compile(Struct, tag=True):
    """Compile every function of the engine."""


class Train(Struct, tag=True):
    """Take a chunk of steps."""

    steps: int
    is_answered: ClassVar[bool] = True


class SetKnobs(Struct, tag=True):
    """Change the scales of the learning rate and of beta."""

    learning_rate_scale: float
    beta_scale: float


class Evaluate(Struct, tag=True):
    """Evaluate a split; each computation but the first waits for `GoOn`, and `Cancel` ends the evaluation."""

    split: SplitName
    checkpoint: int | None
    """The step of the checkpoint whose parameters to evaluate; None: the current parameters."""


class GoOn(Struct, tag=True):
    """Continue the evaluation."""

    is_answered: ClassVar[bool] = True


class Cancel(Struct, tag=True):
    """Cancel the evaluation."""


class Save(Struct, tag=True):
    """Save a checkpoint of the current state."""

    loss: float | None
    """Its validation loss in nats per image, if known."""


class Delete(Struct, tag=True):
    """Delete a checkpoint."""

    checkpoint: int


class Restore(Struct, tag=True):
    """Continue from a checkpoint."""

    checkpoint: int


class End(Struct, tag=True):
    """End this process."""

    failure: str = ""
    """Why the run failed, or ""."""


Order = Start | Compile | Train | SetKnobs | Evaluate | GoOn | Cancel | Save | Delete | Restore | End


def is_answered(order: Order) -> bool:
    """Return whether process 0 waits for a result that all processes compute together."""
    return getattr(order, "is_answered", False)
