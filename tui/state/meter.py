"""What the user interface itself costs, and a governor that keeps it cheap."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 10.0
"""Seconds that the cost is measured over."""

BEGINNING = 5.0
"""Seconds at the start that are no measure: the first pictures are drawn whole, and JAX is imported."""

FRAMES = 5
"""Paintings that it is measured over, at least: when they are rare, more seconds are looked at."""


@dataclass(frozen=True)
class Cost:
    """What the screen has cost in the last seconds."""

    share: float
    """CPU time of the UI's thread, as a fraction of one core."""
    bytes_per_second: float
    """Written to the terminal."""
    frames_per_second: float
    """Paintings of what the training changes."""


class _Reading(NamedTuple):
    """The clocks and counters after a frame."""

    time: float
    cpu: float
    written: int


class Meter:
    """Measures the thread that the app runs in, and what it writes.

    Args:
        clock: Seconds that have passed.
        cpu: Seconds of CPU time of the calling thread.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._written = 0
        self._readings: deque[_Reading] = deque()

    def count(self, size: int) -> None:
        """Add bytes that were written to the terminal."""
        self._written += size

    def note_frame(self) -> None:
        """Say that a frame was painted. Call it in the UI's thread, which it measures, once a frame."""
        now = _Reading(self._clock(), self._cpu(), self._written)
        self._readings.append(now)
        while len(self._readings) > FRAMES + 1 and now.time - self._readings[1].time >= WINDOW:
            self._readings.popleft()

    @property
    def cost(self) -> Cost | None:
        """The cost from frame to frame over the last seconds; None before there are two frames."""
        if len(self._readings) < 2:
            return None
        first, last = self._readings[0], self._readings[-1]
        seconds = max(last.time - first.time, 1e-3)
        return Cost(
            (last.cpu - first.cpu) / seconds,
            (last.written - first.written) / seconds,
            (len(self._readings) - 1) / seconds,
        )


class Governor:
    """Chooses the seconds between two frames, so that the screen costs no more than its budgets.

    It slows down by as many `STEP`s as the cost asks for, and speeds up one at a time, only when the cost would still
    be below the budgets then, with a margin: so it comes to rest. After each change it waits until the meter has seen
    nothing but the new speed.

    Args:
        budget_share: CPU time of the UI's thread, as a fraction of one core.
        budget_bytes: Bytes a second to the terminal.
        interval: Seconds between two frames to begin with.
        slowest: Seconds between two frames at the most.
    """

    FASTEST, SLOWEST = 0.5, 5.0
    STEP = 1.5
    MARGIN = 0.7
    """Fraction of the budgets that must be enough after speeding up."""

    def __init__(
        self,
        budget_share: float = 0.03,
        budget_bytes: float = 8000,
        interval: float = FASTEST,
        slowest: float = SLOWEST,
    ) -> None:
        self.interval = interval
        """Seconds between two frames."""
        self._budget_share = budget_share
        self._budget_bytes = budget_bytes
        self._slowest = slowest
        self._waited = -BEGINNING

    def after_frame(self, cost: Cost | None, screens: int = 1) -> float:
        """Take the cost after a frame in. Returns the seconds until the next one.

        All `screens` that look at the same run share what one may take of the processor, and begin at once to paint as
        much less often.
        """
        crowd = max(1, screens)
        self._waited += self.interval
        if cost is not None and self._waited >= max(WINDOW, FRAMES * self.interval):
            share = cost.share * crowd / self._budget_share
            interval = self._adapted(max(share, cost.bytes_per_second / self._budget_bytes))
            if interval != self.interval:
                self.interval, self._waited = interval, 0.0
        self.interval = max(self.interval, min(self._slowest, self.FASTEST * crowd))
        return self.interval

    def _adapted(self, load: float) -> float:
        """The interval that suits a load: the larger of the two costs, as a fraction of its budget."""
        if load > 1:
            steps = math.ceil(math.log(load, self.STEP))
            return min(self._slowest, self.interval * self.STEP**steps)
        if load * self.STEP < self.MARGIN:
            return max(self.FASTEST, self.interval / self.STEP)
        return self.interval
