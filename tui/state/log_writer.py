"""Choose the log entries of a run, so that the log can be read."""

from __future__ import annotations

from ...core.protocol import Event, ModelReady
from .messages import LogLine, log_lines

ROUTINE_ENTRIES = 20
"""Entries of each routine kind in a whole run, about: a short epoch ends many times a second.

A log that moves with every epoch cannot be read, and costs a slow link more than all other panels together.
"""


class LogWriter:
    """Word a run's events, and leave out the routine entries that follow too soon."""

    def __init__(self) -> None:
        self._total_steps = 0
        self._last: dict[str, int] = {}
        """The step of the last entry of each routine kind."""

    def lines(self, event: Event) -> list[LogLine]:
        """Return the new entries for an event."""
        if isinstance(event, ModelReady):
            self._total_steps = event.total_steps
        return [line for line in log_lines(event) if not line.routine or self._is_due(line.routine, event.step)]

    def _is_due(self, routine: str, step: int) -> bool:
        """Return whether a routine entry is far enough from the last one, behind it, or at the end of the run."""
        last = self._last.get(routine)
        spacing = self._total_steps / ROUTINE_ENTRIES
        is_due = last is None or not last < step < last + spacing or step == self._total_steps
        if is_due:
            self._last[routine] = step
        return is_due
