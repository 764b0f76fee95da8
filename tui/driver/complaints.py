"""Log problems of the terminal input at a limited rate.

A noisy line could fill the disk.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PAUSE_SECONDS = 10.0
"""The shortest time between two log lines."""


class Complaints:
    """Log complaints about the terminal input, and count those that were suppressed.

    Args:
        clock: Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: float | None = None
        self._left_out = 0

    def add(self, text: str) -> None:
        """Log a complaint, or count it when another one was logged within PAUSE_SECONDS."""
        now = self._clock()
        if self._logged_at is not None and now - self._logged_at < PAUSE_SECONDS:
            self._left_out += 1
            return
        more = f" ({self._left_out} earlier complaints were suppressed)" if self._left_out else ""
        logging.getLogger("vae_tui").warning("terminal input: %s%s", text, more)
        self._logged_at, self._left_out = now, 0
