"""Measure what the user interface costs, and govern its frame rate."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 10.0
"""Seconds that the cost is measured over, at least."""

BEGINNING = 5.0
"""Seconds at the start that are not measured: the first pictures are drawn whole, and JAX is imported."""

FRAMES = 5
"""Frames that the cost is measured over, at least; if frames are rare, that takes more seconds."""


@dataclass(frozen=True)
class Cost:
    """The cost of the screen in the last seconds."""

    share: float
    """CPU time of the UI's thread, as a fraction of one core."""
    bytes_per_second: float
    """Bytes per second that were written to the terminal."""
    frames_per_second: float
    """Frames per second."""


class _Reading(NamedTuple):
    """The clocks and counters after a frame."""

    time: float
    cpu: float
    written: int


class Meter:
    """Measures the CPU time of the app's thread, and the bytes that it writes.

    Args:
        clock: Returns the time in seconds.
        cpu: Returns the CPU time of the calling thread in seconds.
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

    def count_frame(self) -> None:
        """Record a frame.

        Call it once per frame in the UI's thread, which it measures.
        """
        now = _Reading(self._clock(), self._cpu(), self._written)
        self._readings.append(now)
        while len(self._readings) > FRAMES + 1 and now.time - self._readings[1].time >= WINDOW:
            self._readings.popleft()

    @property
    def cost(self) -> Cost | None:
        """The cost over the last seconds; None before there are two frames."""
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
    """Chooses the seconds between two frames, so that the screen stays within its budgets.

    The governor slows down by as many `STEP`s as the cost requires. It speeds up by one `STEP` at a time, and only if
    the cost would stay below the budgets with a margin, so that it settles. After each change it waits until the
    meter's window has only frames at the new speed.

    Args:
        budget_share: CPU time of the UI's thread, as a fraction of one core.
        budget_bytes: Bytes per second to the terminal.
        interval: Seconds between two frames at first.
        slowest: Seconds between two frames at most.
    """

    FASTEST, SLOWEST = 0.5, 5.0
    STEP = 1.5
    MARGIN = 0.7
    """The fraction of the budgets that the cost may reach after speeding up."""

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
        """Return the seconds until the next frame, given the cost after a frame.

        Args:
            cost: The measured cost; None if there is none yet.
            screens: The number of screens that show the run. They share one CPU budget, and each paints more rarely at
                once when another one opens.
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
        """Return the interval for a load, the larger share of a budget."""
        if load > 1:
            steps = math.ceil(math.log(load, self.STEP))
            return min(self._slowest, self.interval * self.STEP**steps)
        if load * self.STEP < self.MARGIN:
            return max(self.FASTEST, self.interval / self.STEP)
        return self.interval
