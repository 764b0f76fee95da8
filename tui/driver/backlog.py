"""Limit how many messages from a terminal wait for the app.

A binary file pasted by accident is half a million keys per megabyte, which would keep the app busy for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_BACKLOG = 1000
"""Messages that may wait for the app, and that may arrive at once."""

PER_SECOND = 1000
"""Messages per second that may arrive in the long run; keyboards and mice send fewer."""

ANSWER_SECONDS = 1.0
"""Seconds until the app is asked for its progress again: the widget that was to answer may have been removed."""


class Backlog:
    """Count the messages that wait for the app, in the thread that sends them.

    Args:
        ask: Makes the app call a function, in the app's thread, once it has handled all messages sent so far.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, ask: Callable[[Callable[[], None]], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._sent = 0
        self._taken = 0
        self._asked_at: float | None = None
        self._allowance = float(MAX_BACKLOG)
        """Messages that may still arrive at once; it grows with time."""
        self._allowed_at = clock()

    def admit(self) -> bool:
        """Count one more message if there is room. Return whether there is."""
        if self.is_full():
            return False
        self._sent += 1
        self._allowance -= 1
        return True

    def is_full(self) -> bool:
        """Return whether messages must be dropped.

        When many are waiting, ask the app for its progress.
        """
        now = self._clock()
        self._allowance = min(self._allowance + (now - self._allowed_at) * PER_SECOND, MAX_BACKLOG)
        self._allowed_at = now
        waiting = self._sent - self._taken
        if waiting >= MAX_BACKLOG // 4 and (self._asked_at is None or now - self._asked_at >= ANSWER_SECONDS):
            self._asked_at = now
            sent = self._sent
            self._ask(lambda: self._answered(sent))
        return waiting >= MAX_BACKLOG or self._allowance < 1

    def _answered(self, sent: int) -> None:
        """Note how many messages the app has handled. Called in the app's thread."""
        self._taken = max(self._taken, sent)
        self._asked_at = None
