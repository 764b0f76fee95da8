"""The events that a trainer emits: frozen dataclasses of plain values and NumPy arrays.

Arrays of images end in the axes that `images` describes. Every event has the time (seconds since 1970) and the step at
which it was emitted. `step` counts finished optimization steps: it is 0 before the first step, so the metrics of the
first step belong to step 1.
"""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from ..config import ParamsSource, SplitName
from .commands import Weights

Metric = Literal["loss", "reconstruction", "kl", "grad_norm", "learning_rate"]

AlertKind = Literal["kl collapse", "plateau", "over-fitting", "slow steps"]

METRICS: tuple[Metric, ...] = get_args(Metric)
"""The metrics of every step, in the order in which a step computes them."""

LOSS_METRICS: tuple[Metric, ...] = METRICS[:3]
"""The loss and its two terms, which evaluations measure as well."""


class RunState(StrEnum):
    """The state of a trainer; the values are shown to the user."""

    PREPARING = "preparing data"
    COMPILING = "compiling"
    TRAINING = "training"
    PAUSED = "paused"
    EVALUATING = "evaluating"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


OVER = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)
"""The states in which the trainer takes no more steps."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base class of all events."""

    is_logged: ClassVar[bool] = True
    """Whether the event log stores events of this type. The others can be requested or computed again."""

    step: int
    time: float = field(default_factory=clock.time)


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The trainer entered a state; `detail` explains it to the user, or is empty."""

    state: RunState
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """The progress of a long preparation: `done` of `total` units (total 0: unknown)."""

    label: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class DataReady(Event):
    """The data set is in memory; `note` may be a remark."""

    name: str
    class_names: tuple[str, ...]
    train_size: int
    validation_size: int
    test_size: int
    note: str = ""
    image_shape: tuple[int, ...] = (28, 28)
    """Height and width in pixels; for color images followed by 3."""


@dataclass(frozen=True, kw_only=True)
class ModelReady(Event):
    """The model is built and compiled; training is about to start at `step`.

    `schedule_steps` and `schedule_rates` sample the learning-rate schedule of the whole run at a few hundred points at
    most: `schedule_rates[i]` is the learning rate of step `schedule_steps[i]`, counted from 1.
    """

    parameter_count: int
    device: str
    steps_per_epoch: int
    total_steps: int
    batch_size: int
    compile_seconds: float
    schedule_steps: Int32[np.ndarray, " points"]
    schedule_rates: Float32[np.ndarray, " points"]
    devices: int = 1
    """Number of devices that share each batch, in all processes."""
    processes: int = 1
    """Number of processes that train together."""
    chain: tuple[str, ...] = ()
    """The gradient transformations that make up the optimizer, in order."""
    optimizer_bytes: int = 0
    """Size of the optimizer state, in bytes."""
    frozen_count: int = 0
    """Number of frozen parameters (scalars)."""
    parameters: tuple[str, ...] = ()
    """The model table: each array's path and shape, as in "encoder/Dense_0/kernel 794x512", and "frozen" if it is."""


@dataclass(frozen=True, kw_only=True)
class Metrics(Event):
    """The metrics of the consecutive steps `first_step` .. `step`.

    Each `Metric` has one value per step; losses are in nats per image. `seconds` is the wall-clock time of these steps.
    They replace earlier metrics from `first_step` on, which a log has when a run was resumed from an earlier
    checkpoint.
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
    """The mean losses over a split with beta = 1, in nats per image.

    `reconstruction` is the distortion and `kl` the rate of Alemi et al. 2018 (arXiv:1711.00464).
    """

    split: SplitName
    loss: float
    reconstruction: float
    kl: float
    best: bool = False
    """Whether this is the lowest validation loss so far."""
    params_step: int | None = None
    """The step of the evaluated parameters, where they are not those of `step`: the best checkpoint's."""
    standard_error: float | None = None
    """Standard error of the loss, or None in logs that were written without it."""
    active_units: int | None = None
    """Number of latent dimensions whose posterior mean varies with the image (Burda et al. 2016)."""
    iw_bound: float | None = None
    """The importance-weighted bound on the negative log-likelihood, or None when it was not computed."""


@dataclass(frozen=True, kw_only=True)
class SystemMeasured(Event):
    """What the process that trains uses of its machine; an app on its screen is a part of that process.

    Device memory is that of all local devices in sum, in bytes, as JAX reports it: None on a CPU.
    """

    cpu: float
    """CPU time per second since the last measurement: 1.0 is one core."""
    memory: int
    """Resident memory, in bytes."""
    disk_free: int | None = None
    """Free bytes on the disk of the run's directory."""
    device_memory: int | None = None
    device_peak: int | None = None
    """The most device memory that was in use at once."""
    device_limit: int | None = None
    gpu: float | None = None
    """The share of time, 0 to 1, in which the GPUs were busy; None where `nvidia-ml-py` is missing."""


@dataclass(frozen=True, kw_only=True)
class Sampled(Event):
    """Images sampled from the prior; row c holds `n` images of class c.

    The noise stays the same until a `Sample` command draws new noise; the latents, which the prior computes from the
    noise, change as the prior is trained. `requested` is whether a command requested this picture, and `label` is the
    class that it requested (None: all classes). `step` is that of the parameters, which after the end of the training
    are those of the best checkpoint; likewise in `Reconstructed` and `LatentMap`.
    """

    images: UInt8[np.ndarray, "classes n height width *channels"]
    source: ParamsSource
    temperature: float
    requested: bool = False
    label: int | None = None


@dataclass(frozen=True, kw_only=True)
class ParamsSelected(Event):
    """The trainer draws samples with these parameters from now on."""

    source: ParamsSource


@dataclass(frozen=True, kw_only=True)
class KnobsChanged(Event):
    """After `step`, the scheduled learning rate and KL weight are multiplied by these factors."""

    learning_rate_scale: float
    beta_scale: float


@dataclass(frozen=True, kw_only=True)
class Rewound(Event):
    """The run was rewound to the checkpoint of `step`; later steps are discarded."""

    from_step: int


@dataclass(frozen=True, kw_only=True)
class NotFinite(Event):
    """The trainer paused and skipped a step with metrics that are not finite."""

    metrics: tuple[str, ...]
    """The metrics that were not finite."""


@dataclass(frozen=True, kw_only=True)
class Examples(Event):
    """Validation images to compare samples with.

    Row c holds class c, padded with black images.
    """

    is_logged: ClassVar[bool] = False
    images: UInt8[np.ndarray, "classes n height width *channels"]


@dataclass(frozen=True, kw_only=True)
class Reconstructed(Event):
    """The images of `Examples`, reconstructed from their posterior means.

    The trainer uses the same parameters as for evaluations.
    """

    is_logged: ClassVar[bool] = False
    images: UInt8[np.ndarray, "classes n height width *channels"]


@dataclass(frozen=True, kw_only=True)
class LatentMap(Event):
    """A latent projection of validation images.

    The plane is the one in which their posterior means vary most.

    It shows the same images each time, at most a thousand. The plane turns as little as possible from one evaluation
    to the next.
    """

    is_logged: ClassVar[bool] = False
    points: Float32[np.ndarray, "n 2"]
    labels: Int32[np.ndarray, " n"]
    latents: Float32[np.ndarray, "n latents"]
    """The posterior means."""
    explained: tuple[float, float]
    """Fractions of the total variance along the two axes."""


@dataclass(frozen=True, kw_only=True)
class Generated(Event):
    """The images of a `Generate` in its order, or a `problem`."""

    is_logged: ClassVar[bool] = False
    ticket: int
    images: UInt8[np.ndarray, "n height width *channels"]
    weights: Weights
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Alert(Event):
    """A condition that may need the user's attention; training continues.

    It holds until its `AlertCleared`, or until the trainer ends.
    """

    kind: AlertKind
    text: str


@dataclass(frozen=True, kw_only=True)
class AlertCleared(Event):
    """The condition of the last `Alert` of this kind no longer holds."""

    kind: AlertKind


@dataclass(frozen=True, kw_only=True)
class CheckpointStarted(Event):
    """The trainer has copied the state of this step and is writing its checkpoint."""

    requested: bool = False


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """The checkpoint of `step` is complete on disk."""

    path: str
    best: bool = False
    """Whether this checkpoint has the lowest validation loss of all."""


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """A message to the user."""

    level: Literal["info", "warning", "error"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The trainer failed; no more events follow.

    `usage` is whether the user's input was the cause (exit code 2).
    """

    message: str
    traceback: str
    usage: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """The trainer has ended and released the run directory; no more events follow."""

    reason: Literal["finished", "stopped"]
    checkpoint: str | None = None
    """The directory of the last complete checkpoint."""
