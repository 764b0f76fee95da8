"""Events as records, the JSON objects of `events.jsonl`, and back.

JSON has no NaN and no infinity: both are written as null and read back as NaN.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

import numpy as np

from .events import Event, RunState


def type_name(event_type: type[Event]) -> str:
    """The `type` of an event's record: the class name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_type.__name__).lower()


EVENT_TYPES: dict[str, type[Event]] = {
    type_name(event_type): event_type for event_type in Event.__subclasses__() if event_type.is_logged
}
"""The events that a log can hold, by type."""


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
    if isinstance(value, list):
        return tuple(value)
    return value
