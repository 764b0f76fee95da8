"""Convert events to and from records, which are JSON objects."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .codec import RecordCodec
from .events import DataReady, Event, Examples, Generated, Metrics, ModelReady, Reconstructed, Sampled
from .images import is_image_shape

LATEST = 253_402_300_799
"""The last second of the year 9999, the latest time that can be converted to a date."""


def type_name(cls: type) -> str:
    """Return the `type` of a class's records: the class name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


_TYPES = [event_type for event_type in Event.__subclasses__() if event_type.__module__ == Event.__module__]
"""The events of a trainer. Events that a user interface defines for itself have no records."""

EVENT_TYPES: dict[str, type[Event]] = {
    type_name(event_type): event_type for event_type in _TYPES if event_type.is_logged
}
"""The events that an event log can hold, by type."""

_BY_NAME = {type_name(event_type): event_type for event_type in _TYPES}


def to_record(event: Event) -> dict[str, Any]:
    """Return the record of an event: `type`, `time`, `step`, then the event's own fields.

    Arrays are written as lists; in events that are not logged they are packed (see `codec`).
    """
    name = type_name(type(event))
    fields = _codec(name).write(event)
    return {"type": name, "time": fields.pop("time"), "step": fields.pop("step")} | fields


def from_record(record: dict[str, Any]) -> Event:
    """Return the event of a record.

    Raises:
        ValueError: when `to_record` cannot have made the record.
    """
    name = record.get("type")
    if not isinstance(name, str) or name not in _BY_NAME:
        raise ValueError(f"unknown event type {str(name)[:40]!r}")
    try:
        event = _codec(name).read(record)
        _check(event)
    except ValueError as error:
        raise ValueError(f"not a {name} record: {error}") from error
    return event


@cache
def _codec(name: str) -> RecordCodec[Event]:
    """Return the codec of an event type. It is made when it is first needed: the first frame needs none."""
    event_type = _BY_NAME[name]
    return RecordCodec(event_type, packed=not event_type.is_logged)


def _check(event: Event) -> None:
    """Check what an event's field types do not express. Raises ValueError."""
    if not 0 <= event.time <= LATEST:
        raise ValueError("its time is not between the years 1970 and 9999")
    if isinstance(event, Metrics):
        if not 1 <= event.first_step <= event.step:
            raise ValueError(f"{event.first_step} to {event.step} is not a range of steps")
        if len(event.loss) != event.step - event.first_step + 1:
            raise ValueError(f"{len(event.loss)} values for the steps {event.first_step} to {event.step}")
    if isinstance(event, DataReady) and not is_image_shape(event.image_shape):
        raise ValueError(f"images of the shape {event.image_shape}")
    if isinstance(event, Sampled | Examples | Reconstructed | Generated):
        shape = event.images.shape[1 if isinstance(event, Generated) else 2 :]
        if event.images.size and not is_image_shape(shape):
            raise ValueError(f"images of the shape {shape}")
    if isinstance(event, ModelReady) and not (
        event.steps_per_epoch and event.total_steps and len(event.schedule_steps)
    ):
        raise ValueError("the run has no steps")
