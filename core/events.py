"""What the trainer says: frozen dataclasses that hold plain values and NumPy arrays only.

Every event has the time (seconds since 1970) and the step at which it was true. `step` counts
finished optimisation steps: 0 before the first, so the metrics of the first step are step 1's.
`to_record` and `from_record` turn an event into the JSON object of one `events.jsonl` line and back. JSON has
no NaN and no infinity: both are written as null and read back as NaN.
"""

from __future__ import annotations

import dataclasses
import math
import re
import time as clock
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from .commands import ParamsSource


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


@dataclass(frozen=True, kw_only=True)
class Metrics(Event):
    """The metrics of consecutive steps `first_step` .. `step`, one value a step, losses in nats per image.

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
    """Mean over a whole split with the EMA parameters, beta 1, in nats per image."""

    split: Literal["train", "validation", "test"]
    loss: float
    reconstruction: float
    kl: float
    best: bool = False
    """The lowest validation loss so far."""


@dataclass(frozen=True, kw_only=True)
class Sampled(Event):
    """Digits drawn from the prior: row c holds `n` digits of class c, always from the same latents until
    a `Sample` command draws new ones. `requested` says whether a command asked for this picture, `label` for
    which class (None: all)."""

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
class CheckpointStarted(Event):
    """The state of this step is copied and being written."""

    requested: bool = False


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """The checkpoint of `step` is complete on disk. `loss`: the last validation loss, if there was one."""

    path: str
    loss: float | None = None
    best: bool = False


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


def type_name(event_type: type[Event]) -> str:
    """The `type` of an event's record: the class name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_type.__name__).lower()


EVENT_TYPES: dict[str, type[Event]] = {type_name(event_type): event_type for event_type in Event.__subclasses__()}


def to_record(event: Event) -> dict[str, Any]:
    """The JSON object of an event: `type`, `time`, `step`, then its own fields; arrays become lists.

    float32 values are written with as few digits as read back to the same float32.
    """
    values = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    head = {"type": type_name(type(event)), "time": values.pop("time"), "step": values.pop("step")}
    return head | {name: _plain(value) for name, value in values.items()}


def from_record(record: dict[str, Any]) -> Event:
    """The event of a record; lists become arrays of the event's own types.

    Raises:
        ValueError: when the record is not one that `to_record` makes.
    """
    event_type = EVENT_TYPES.get(record.get("type", ""))
    if event_type is None:
        raise ValueError(f"unknown event type {record.get('type')!r}")
    values = {}
    for f in dataclasses.fields(event_type):
        if f.name in record:
            value = record[f.name]
            values[f.name] = math.nan if value is None and f.type == "float" else _revive(f.name, value)
    try:
        return event_type(**values)
    except TypeError as error:
        raise ValueError(f"not a {record['type']} record: {error}") from error


_ARRAY_TYPES: dict[str, type[np.generic]] = {
    "loss": np.float32,
    "reconstruction": np.float32,
    "kl": np.float32,
    "grad_norm": np.float32,
    "learning_rate": np.float32,
    "schedule_rates": np.float32,
    "schedule_steps": np.int32,
    "images": np.uint8,
}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == np.float32:
            return [_plain(float(text)) for text in value.astype(str).tolist()]
        return value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        return list(value)
    return value


def _revive(name: str, value: Any) -> Any:
    if isinstance(value, list) and name in _ARRAY_TYPES:
        return np.asarray(value, dtype=_ARRAY_TYPES[name])
    if name == "state":
        return RunState(value)
    if name == "class_names":
        return tuple(value)
    return value
