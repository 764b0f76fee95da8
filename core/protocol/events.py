"""What the trainer says: frozen dataclasses that hold plain values and NumPy arrays only.

Every event has the time (seconds since 1970) and the step at which it was true. `step` counts
finished optimisation steps: 0 before the first, so the metrics of the first step are step 1's.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from ..config import ParamsSource
from .commands import Weights

Metric = Literal["loss", "reconstruction", "kl", "grad_norm", "learning_rate"]
"""What is measured at every step."""


class RunState(StrEnum):
    """What the trainer is doing; the values are the words that users see."""

    PREPARING = "preparing data"
    COMPILING = "compiling"
    TRAINING = "training"
    PAUSED = "paused"
    EVALUATING = "evaluating"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events."""

    is_logged: ClassVar[bool] = True
    """Whether it belongs to the run's record. What is not can be had again, by asking."""

    step: int
    time: float = field(default_factory=clock.time)


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The trainer entered a state. `detail` is a few words for the user, or empty."""

    state: RunState
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far a long preparation has come: `done` of `total` `unit`s (total 0: not known)."""

    label: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class DataReady(Event):
    """The data set is in memory. `note` says in plain words what the user should know of it, or is empty."""

    name: str
    class_names: tuple[str, ...]
    train_size: int
    validation_size: int
    test_size: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelReady(Event):
    """The model is built and its functions are compiled; training is about to start at `step`.

    `schedule_steps` and `schedule_rates` are the learning-rate schedule over the whole run, thinned to
    at most a few hundred points: the rate that step `schedule_steps[i]` (counted from 1) is taken with.
    """

    parameter_count: int
    device: str
    steps_per_epoch: int
    total_steps: int
    batch_size: int
    compile_seconds: float
    schedule_steps: Int32[np.ndarray, " points"]
    schedule_rates: Float32[np.ndarray, " points"]
    chain: tuple[str, ...] = ()
    """The links of the gradient transformation, in their order."""
    optimizer_bytes: int = 0
    """Size of the optimiser's state."""
    frozen_count: int = 0
    """How many of the parameters are frozen."""
    parameters: tuple[str, ...] = ()
    """The model table: each array's path and shape, as "encoder/Dense_0/kernel 794x512", and "frozen" where it is."""


@dataclass(frozen=True, kw_only=True)
class Metrics(Event):
    """Each `Metric` of the consecutive steps `first_step` .. `step`, one value a step, losses in nats per image.

    `seconds` is the wall-clock time that these steps took. `history` drops what it had from `first_step` on:
    after a resume from an earlier checkpoint the newer line holds.
    """

    first_step: int
    seconds: float
    loss: Float32[np.ndarray, " n"]
    reconstruction: Float32[np.ndarray, " n"]
    kl: Float32[np.ndarray, " n"]
    grad_norm: Float32[np.ndarray, " n"]
    learning_rate: Float32[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """Means over a whole split, beta 1, in nats per image.

    `reconstruction` is the distortion and `kl` the rate of Alemi et al. 2018 (arXiv:1711.00464).
    """

    split: Literal["train", "validation", "test"]
    loss: float
    reconstruction: float
    kl: float
    best: bool = False
    """The lowest validation loss so far."""
    active_units: int | None = None
    """Latent dimensions whose posterior mean varies with the image (Burda et al. 2016)."""
    iw_bound: float | None = None
    """The importance-weighted bound on the negative log-likelihood, where it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Sampled(Event):
    """Digits drawn from the prior: row c holds `n` digits of class c, always from the same noise until a `Sample`
    command draws another; the latents, which the prior makes of the noise, move with it. `requested` says whether a
    command asked for this picture, `label` for which class (None: all)."""

    images: UInt8[np.ndarray, "classes n 28 28"]
    source: ParamsSource
    temperature: float
    requested: bool = False
    label: int | None = None


@dataclass(frozen=True, kw_only=True)
class ParamsSelected(Event):
    """Samples are drawn with these parameters from now on."""

    source: ParamsSource


@dataclass(frozen=True, kw_only=True)
class KnobsChanged(Event):
    """From the step after `step` on, the scheduled learning rate and KL weight are multiplied with these factors."""

    learning_rate_scale: float
    beta_scale: float


@dataclass(frozen=True, kw_only=True)
class Rewound(Event):
    """The run went back to the checkpoint of `step`; what came after it no longer holds."""

    from_step: int


@dataclass(frozen=True, kw_only=True)
class NotFinite(Event):
    """Step `step` + 1 was not taken: one of its metrics was not finite. The state is that of `step`, and paused."""

    metrics: tuple[str, ...]
    """Which of the step's metrics were not finite."""


@dataclass(frozen=True, kw_only=True)
class Examples(Event):
    """Real digits to compare with: row c holds validation images of class c, black where there are not so many."""

    is_logged: ClassVar[bool] = False
    images: UInt8[np.ndarray, "classes n 28 28"]


@dataclass(frozen=True, kw_only=True)
class Reconstructed(Event):
    """The images of `Examples`, encoded and decoded again through their posterior means, with the parameters that
    evaluations use."""

    is_logged: ClassVar[bool] = False
    images: UInt8[np.ndarray, "classes n 28 28"]


@dataclass(frozen=True, kw_only=True)
class LatentMap(Event):
    """Validation images in the plane in which their posterior means vary most, at most a thousand of them, always the
    same ones. The plane turns as little as possible from one evaluation to the next."""

    is_logged: ClassVar[bool] = False
    points: Float32[np.ndarray, "n 2"]
    labels: Int32[np.ndarray, " n"]
    latents: Float32[np.ndarray, "n latents"]
    """The posterior means."""
    explained: tuple[float, float]
    """Fractions of the variance along the two axes."""


@dataclass(frozen=True, kw_only=True)
class Generated(Event):
    """The digits of a `Generate`, in the order of its codes; none where `problem` says why not."""

    is_logged: ClassVar[bool] = False
    ticket: int
    images: UInt8[np.ndarray, "n 28 28"]
    weights: Weights
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Alert(Event):
    """Something that the user may want to look at; training goes on."""

    kind: Literal["kl collapse", "plateau", "slow steps"]
    text: str


@dataclass(frozen=True, kw_only=True)
class CheckpointStarted(Event):
    """The state of this step is copied and being written."""

    requested: bool = False


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """The checkpoint of `step` is complete on disk."""

    path: str
    best: bool = False
    """Of all checkpoints, this one has the lowest validation loss."""


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """A line for the log."""

    level: Literal["info", "warning", "error"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The trainer failed; no more events follow. `usage`: the user's input was at fault (exit code 2)."""

    message: str
    traceback: str
    usage: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """The trainer is done and has let go of the run; no more events follow."""

    reason: Literal["finished", "stopped"]
    checkpoint: str | None = None
    """The last complete checkpoint's directory."""
