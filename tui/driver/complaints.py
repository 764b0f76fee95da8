"""Log what is wrong with an input, at a bounded rate: noise on a line could fill the disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PAUSE_SECONDS = 10.0
"""The shortest time between two lines in the log."""


class Complaints:
    """Log complaints about an input, and count those that come too fast.

    Args:
        clock: Gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: float | None = None
        self._left_out = 0

    def add(self, text: str) -> None:
        """Log a complaint, or count it when another was logged just now."""
        now = self._clock()
        if self._logged_at is not None and now - self._logged_at < PAUSE_SECONDS:
            self._left_out += 1
            return
        more = f" ({self._left_out} complaints before this one were left out)" if self._left_out else ""
        logging.getLogger("vae_tui").warning("terminal input: %s%s", text, more)
        self._logged_at, self._left_out = now, 0
