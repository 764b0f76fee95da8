"""Events as records, the JSON objects of `events.jsonl` and of the connection to a live run, and back."""

from __future__ import annotations

import re
from typing import Any

from .codec import RecordCodec
from .events import Event, Metrics, ModelReady

LATEST = 253_402_300_799
"""The last second of the year 9999, after which a time is no date."""


def type_name(cls: type) -> str:
    """The `type` of a class's record: the class name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


_TYPES = [event_type for event_type in Event.__subclasses__() if event_type.__module__ == Event.__module__]
"""The events of a trainer. What a screen defines for itself is never a record."""

EVENT_TYPES: dict[str, type[Event]] = {
    type_name(event_type): event_type for event_type in _TYPES if event_type.is_logged
}
"""The events that a log can hold, by type."""

_CODECS: dict[str, RecordCodec[Event]] = {
    type_name(event_type): RecordCodec(event_type, packed=not event_type.is_logged) for event_type in _TYPES
}


def to_record(event: Event) -> dict[str, Any]:
    """The JSON object of an event: `type`, `time`, `step`, then its own fields.

    Arrays become lists, in events that are not logged they are packed (see `codec`).
    """
    name = type_name(type(event))
    fields = _CODECS[name].write(event)
    return {"type": name, "time": fields.pop("time"), "step": fields.pop("step")} | fields


def from_record(record: dict[str, Any]) -> Event:
    """The event of a record, logged or not.

    Raises:
        ValueError: when the record is not one that `to_record` makes.
    """
    name = record.get("type")
    codec = _CODECS.get(name) if isinstance(name, str) else None
    if codec is None:
        raise ValueError(f"unknown event type {str(name)[:40]!r}")
    try:
        event = codec.read(record)
        _check(event)
    except ValueError as error:
        raise ValueError(f"not a {name} record: {error}") from error
    return event


def _check(event: Event) -> None:
    """Check what the types of an event's fields do not say. Raises ValueError."""
    if not 0 <= event.time <= LATEST:
        raise ValueError("its time is not one since 1970")
    if isinstance(event, Metrics):
        if not 1 <= event.first_step <= event.step:
            raise ValueError(f"the steps {event.first_step} to {event.step} are none")
        if len(event.loss) != event.step - event.first_step + 1:
            raise ValueError(f"{len(event.loss)} values for the steps {event.first_step} to {event.step}")
    if isinstance(event, ModelReady) and not (
        event.steps_per_epoch and event.total_steps and len(event.schedule_steps)
    ):
        raise ValueError("a run without steps")
