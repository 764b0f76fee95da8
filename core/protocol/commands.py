"""What the trainer can be told. Commands take effect at the next chunk boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..config import ParamsSource

if TYPE_CHECKING:  # the command line imports this, and must be quick
    import queue

    import numpy as np
    from jaxtyping import Float32

Weights = Literal["ema", "raw", "best"]
"""Parameters to explore: the averaged or the raw ones of this moment, or the averaged ones of the best checkpoint."""

CodeSpace = Literal["noise", "latents"]
"""What a code is: standard normal noise, of which the prior makes latents, or the latents themselves."""

MAX_CODES = 64
"""Codes that one `Generate` can hold."""


@dataclass(frozen=True)
class Pause:
    """Stop stepping; acknowledged by `StateChanged(state=PAUSED)`."""


@dataclass(frozen=True)
class Resume:
    """Go on stepping; acknowledged by `StateChanged(state=TRAINING)`."""


@dataclass(frozen=True)
class Checkpoint:
    """Save the state as it is, or, while its validation loss is being measured, once that is known.

    Acknowledged by `CheckpointStarted`, then `Checkpointed`.
    """


@dataclass(frozen=True)
class Sample:
    """Draw new noise for one class, or for all of them (`label=None`); acknowledged by `Sampled`."""

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


@dataclass(frozen=True, eq=False)
class Generate:
    """Make digits of codes, at most MAX_CODES; changes nothing. Acknowledged by `Generated` with the same ticket, or
    by one without images that says why not."""

    ticket: int
    codes: Float32[np.ndarray, "n latents"]
    classes: Float32[np.ndarray, "n classes"]
    """The class of each digit as a one-hot vector, or a mixture: weights that sum to 1."""
    weights: Weights = "ema"
    space: CodeSpace = "noise"


Command = Pause | Resume | Checkpoint | Sample | UseParams | SetKnobs | Rewind | Generate | Stop


def is_stop_waiting(commands: queue.Queue[Command]) -> bool:
    """Whether there is a Stop among commands that nobody has taken yet."""
    return any(isinstance(command, Stop) for command in list(commands.queue))
