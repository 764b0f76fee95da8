"""Choose the events that notify the user, and word the notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.protocol import Alert, Event, NotFinite, Notice
from ...core.text import count
from .messages import not_finite

LONG = 10.0
"""Seconds that a notification stays when the user may have to act on it."""


@dataclass(frozen=True)
class Notification:
    """A notification, as Textual shows it."""

    message: str
    title: str = ""
    severity: Literal["information", "warning", "error"] = "warning"
    timeout: float | None = None
    """Seconds that it stays; None: Textual's default."""


def notification_of(event: Event, rewind_step: int | None, *, steers: bool) -> Notification | None:
    """Return the notification for an event, or None.

    Args:
        event: The event.
        rewind_step: The step that a rewind would lead to; None if there is no checkpoint to go back to.
        steers: Whether this screen may send commands that change the run.
    """
    match event:
        case Notice(level="warning" | "error" as severity):
            return Notification(event.text, severity=severity)
        case Alert():
            return Notification(event.text, event.kind, timeout=LONG)
        case NotFinite() if not steers:
            message = "Training is paused. Attach without --readonly to resume it."
            return Notification(message, not_finite(event), timeout=LONG)
        case NotFinite():
            ways = [f"r rewinds to step {count(rewind_step)}"] if rewind_step is not None else []
            ways += ["comma lowers the learning rate", "space resumes"]
            return Notification(", ".join(ways), not_finite(event), timeout=LONG)
    return None
