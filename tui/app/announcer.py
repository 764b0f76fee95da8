"""Tell the terminal how a run goes, for users who look at another window."""

from __future__ import annotations

from collections.abc import Callable

from ...core.protocol import Alert, Event, Failed, NotFinite, RunState, StateChanged
from ..render.announcements import (
    BELL,
    KEEP_TITLE,
    RESTORE_TITLE,
    Announcements,
    desktop_notification,
    progress,
    title,
)
from ..state import RunView, not_finite

_BUSY = (RunState.TRAINING, RunState.EVALUATING)
_PAUSES = (RunState.PAUSED, RunState.STOPPED)


class Announcer:
    """Write title and progress when they change, and the bell and a notification when something has happened.

    Args:
        announcements: What the terminal is told.
        write: Writes to the terminal.
    """

    def __init__(self, announcements: Announcements, write: Callable[[str], None]) -> None:
        self._announcements = announcements
        self._write = write
        self._title = self._progress = ""

    def show(self, view: RunView) -> None:
        """Write the title and the progress of a run, if they have changed."""
        if self._announcements.title and (text := title_of(view)) != self._title:
            self._write(("" if self._title else KEEP_TITLE) + title(text))
            self._title = text
        if self._announcements.progress and (code := _progress_of(view)) != self._progress:
            self._write(code)
            self._progress = code

    def tell(self, event: Event) -> None:
        """Ring the bell, and show a notification, for an event that ends or endangers a run."""
        text = _text_of(event)
        if text and self._announcements.bell:
            self._write(BELL + desktop_notification(self._announcements.desktop, text))

    def close(self) -> None:
        """Restore the title, and remove the progress."""
        if self._title:
            self._write(RESTORE_TITLE)
        if self._progress:
            self._write(progress("none"))
        self._title = self._progress = ""


def title_of(view: RunView) -> str:
    """Return a window title: the state, unless it is training, the progress, and the validation loss."""
    state = "" if view.is_responding and view.state in _BUSY else view.state_name(view.state)
    share = f"{100 * view.fraction:.0f}%" if view.fraction is not None and view.state != RunState.FINISHED else ""
    loss = f"{view.validation.loss:.1f}" if view.validation is not None else ""
    return " ".join(filter(None, ("vae-tui", state, share, loss)))


def _progress_of(view: RunView) -> str:
    percent = round(100 * (view.fraction or 0.0))
    if view.state == RunState.FINISHED:
        return progress("none")
    if view.state == RunState.FAILED:
        return progress("error", percent)
    return progress("paused" if view.state in _PAUSES else "running", percent)


def _text_of(event: Event) -> str:
    match event:
        case StateChanged(state=RunState.FINISHED):
            return "training has finished"
        case Failed():
            return f"training failed: {event.message}"
        case NotFinite():
            return not_finite(event)
        case Alert():
            return event.text
    return ""
