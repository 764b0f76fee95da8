"""The commands to a trainer. They take effect at the next chunk boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..config import ParamsSource

if TYPE_CHECKING:  # the command line imports this module and must start quickly
    import queue

    import numpy as np
    from jaxtyping import Float32

Weights = Literal["ema", "raw", "best"]
"""Parameters to explore: the current averaged or raw ones, or the averaged ones of the best checkpoint."""

CodeSpace = Literal["noise", "latents"]
"""The meaning of a code: standard normal noise, which the prior maps to latents, or the latents themselves."""

MAX_CODES = 64
"""The most codes that one `Generate` can hold."""


@dataclass(frozen=True)
class Pause:
    """Pause training; acknowledged by `StateChanged(state=PAUSED)`."""


@dataclass(frozen=True)
class Resume:
    """Resume training; acknowledged by `StateChanged(state=TRAINING)`."""


@dataclass(frozen=True)
class Checkpoint:
    """Save the training state.

    During an evaluation, the trainer saves once the validation loss is known. Acknowledged by `CheckpointStarted`,
    then `Checkpointed`.
    """


@dataclass(frozen=True)
class Sample:
    """Draw new noise for one class, or for all classes (`label=None`); acknowledged by `Sampled`."""

    label: int | None = None


@dataclass(frozen=True)
class UseParams:
    """Select the parameters to sample with; acknowledged by `ParamsSelected` and `Sampled`."""

    source: ParamsSource


@dataclass(frozen=True)
class SetKnobs:
    """Set the knobs of a run; acknowledged by `KnobsChanged`.

    A knob is a factor on the scheduled learning rate or on the scheduled weight of the KL term (1: as scheduled). None
    leaves a knob unchanged.
    """

    learning_rate_scale: float | None = None
    beta_scale: float | None = None


@dataclass(frozen=True)
class Rewind:
    """Rewind to an earlier checkpoint and pause.

    `step=None` rewinds to the last checkpoint before the current step. The knobs do not change. Acknowledged by
    `Rewound`, or by a `Notice` when there is no such checkpoint.
    """

    step: int | None = None


@dataclass(frozen=True)
class Stop:
    """Stop the run; acknowledged by `Ended`. With `checkpoint`, save the state first."""

    checkpoint: bool = True


@dataclass(frozen=True, eq=False)
class Generate:
    """Generate images from at most MAX_CODES codes; the training does not change.

    Acknowledged by `Generated` with the same ticket; when the codes are refused, it has a problem and no images.
    """

    ticket: int
    """Unique for each question that waits; those that the host gives to the questions of viewers are negative."""
    codes: Float32[np.ndarray, "n latents"]
    classes: Float32[np.ndarray, "n classes"]
    """The class of each image as a one-hot vector, or a mixture of classes: weights that sum to 1."""
    weights: Weights = "ema"
    space: CodeSpace = "noise"


Question = Sample | UseParams | Generate
"""The commands that a model answers, in training or saved."""

Command = Pause | Resume | Checkpoint | Sample | UseParams | SetKnobs | Rewind | Generate | Stop


def is_stop_waiting(commands: queue.Queue[Command]) -> bool:
    """Return whether a queue of commands holds a Stop."""
    return any(isinstance(command, Stop) for command in list(commands.queue))
