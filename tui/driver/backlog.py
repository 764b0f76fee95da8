"""Bound what a terminal may send to the app: how much of it waits, and how fast it comes.

A binary file in the place of a paste is half a million keys in a megabyte, which keep an app busy for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_BACKLOG = 1000
"""Messages that may wait for the app, and that may come at once."""

PER_SECOND = 1000
"""Messages that may come in a second in the long run; hands and mice make fewer."""

ANSWER_SECONDS = 1.0
"""Seconds until the app is asked again: the widget that should have answered may have been removed."""


class Backlog:
    """Count the messages that wait for the app, in the thread that sends them.

    Args:
        ask: Has the app call a function, in its own thread, when it has dealt with all that it was sent so far.
        clock: Gives the time in seconds.
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
        """Messages that may still come at once; time adds to it."""
        self._allowed_at = clock()

    def admit(self) -> bool:
        """Count one more message if there is room. Returns whether there is."""
        if self.is_full():
            return False
        self._sent += 1
        self._allowance -= 1
        return True

    def is_full(self) -> bool:
        """Tell whether the app must be spared. Asks it for its progress when much is waiting."""
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
        """Note how many messages the app has dealt with. Called in the app's thread."""
        self._taken = max(self._taken, sent)
        self._asked_at = None
