"""Know whether a run's disk has room for its event log and its checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable

from .saving import Saver

POLL_SECONDS = 1.0
"""Time between two polls of a disk that is full."""


class Room:
    """Watch the disk of a run.

    Args:
        saver: Saves the checkpoints.
        log_shortage: Returns a sentence about the room that the event log lacks, or "".
    """

    def __init__(self, saver: Saver, log_shortage: Callable[[], str]) -> None:
        self._saver = saver
        self._log_shortage = log_shortage
        self._polled_at = 0.0

    @property
    def shortage(self) -> str:
        """A sentence about the room that a checkpoint or the event log lacks, or ""."""
        return self._saver.missed or self._log_shortage()

    def is_back(self) -> bool:
        """Return whether a disk that was full has room again; polls it every POLL_SECONDS at most."""
        now = time.monotonic()
        if now - self._polled_at < POLL_SECONDS:
            return False
        self._polled_at = now
        return self._saver.fits and not self._log_shortage()
