"""What is worth a notification, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.protocol import Alert, Event, NotFinite, Notice
from .messages import not_finite
from .text import count

LONG = 10.0
"""Seconds that a message stays which the user may have to do something about."""


@dataclass(frozen=True)
class Notification:
    """A notification."""

    message: str
    title: str = ""
    severity: Literal["information", "warning", "error"] = "warning"
    timeout: float | None = None
    """Seconds that it stays; None: Textual's own time."""


def notification_of(event: Event, rewind_step: int | None, *, steers: bool) -> Notification | None:
    """What to notify the user of, if anything.

    Args:
        event: What has happened.
        rewind_step: Where a rewind would lead to, if it can.
        steers: Whether the user can do anything about it.
    """
    match event:
        case Notice(level="warning" | "error" as severity):
            return Notification(event.text, severity=severity)
        case Alert():
            return Notification(event.text, event.kind, timeout=LONG)
        case NotFinite() if not steers:
            return Notification("training waits for somebody who steers it", not_finite(event), timeout=LONG)
        case NotFinite():
            ways = [f"r goes back to step {count(rewind_step)}"] if rewind_step is not None else []
            ways += ["comma lowers the learning rate", "space goes on"]
            return Notification(", ".join(ways), not_finite(event), timeout=LONG)
    return None
