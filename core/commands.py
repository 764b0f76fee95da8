"""What the trainer can be told. Commands take effect at the next chunk boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ParamsSource = Literal["ema", "raw"]


@dataclass(frozen=True)
class Pause:
    """Stop stepping; acknowledged by `StateChanged(state=PAUSED)`."""


@dataclass(frozen=True)
class Resume:
    """Go on stepping; acknowledged by `StateChanged(state=TRAINING)`."""


@dataclass(frozen=True)
class Checkpoint:
    """Save the state as it is; acknowledged by `CheckpointStarted`, then `Checkpointed`."""


@dataclass(frozen=True)
class Sample:
    """Draw new latents for one class, or for all of them (`label=None`); acknowledged by `Sampled`."""

    label: int | None = None


@dataclass(frozen=True)
class UseParams:
    """Sample with these parameters; acknowledged by `ParamsSelected` and a `Sampled`."""

    source: ParamsSource


@dataclass(frozen=True)
class SetKnobs:
    """Change what may change while training; None leaves a knob as it is. Acknowledged by `KnobsChanged`.

    The factors multiply the scheduled learning rate and the scheduled weight of the KL term (1: as scheduled).
    """

    learning_rate_scale: float | None = None
    beta_scale: float | None = None


@dataclass(frozen=True)
class Rewind:
    """Go back to an earlier checkpoint (`step=None`: the last one before the present step) and pause there.

    The knobs stay as they are. Acknowledged by `Rewound`, or by a `Notice` when there is no such checkpoint.
    """

    step: int | None = None


@dataclass(frozen=True)
class Stop:
    """End the run; acknowledged by `Ended`. With `checkpoint`, save the state first."""

    checkpoint: bool = True


Command = Pause | Resume | Checkpoint | Sample | UseParams | SetKnobs | Rewind | Stop
