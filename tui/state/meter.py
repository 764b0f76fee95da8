"""Measure what the user interface costs, and govern its frame rate by that."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 10.0
"""Seconds that the cost is measured over, at least."""

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


class Frame(NamedTuple):
    """The cost of one frame and of everything since the frame before it."""

    seconds: float
    """Time since the frame before it."""
    cpu: float
    """CPU time of the UI's thread, in seconds."""
    written: int
    """Bytes that were written to the terminal."""


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
    def last_frame(self) -> Frame | None:
        """The cost of the last frame; None before there are two."""
        if len(self._readings) < 2:
            return None
        before, now = self._readings[-2], self._readings[-1]
        return Frame(now.time - before.time, now.cpu - before.cpu, now.written - before.written)

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
    """Chooses the seconds between two frames, so that the screen stays within its budgets from the first second.

    A frame is paid for by the time until the next one: the more it cost, the longer that is. Time that cheap frames
    leave over counts for a dear one, up to CREDIT.

    Args:
        budget_share: CPU time of the UI's thread, as a fraction of one core.
        budget_bytes: Bytes per second to the terminal.
        fastest: Seconds between two frames at least.
        slowest: Seconds between two frames at most.
    """

    CREDIT = 2.0
    """Seconds that cheap frames can save up at most."""

    def __init__(
        self, budget_share: float = 0.03, budget_bytes: float = 8000, fastest: float = 0.5, slowest: float = 5.0
    ) -> None:
        self._budget_share = budget_share
        self._budget_bytes = budget_bytes
        self._fastest = fastest
        self._slowest = slowest
        self._cpu_due = self._bytes_due = 0.0
        """Seconds until the frames so far are paid for; negative: seconds saved up."""

    def after_frame(self, frame: Frame | None, screens: int = 1) -> float:
        """Return the seconds until the next frame.

        Args:
            frame: The cost of the frame just painted; None for the first one, which is free.
            screens: The number of screens that show the run. They share one CPU budget, and each paints more rarely at
                once when another one opens.
        """
        crowd = max(1, screens)
        if frame is not None:
            self._cpu_due = self._paid(self._cpu_due, frame.cpu * crowd / self._budget_share - frame.seconds)
            self._bytes_due = self._paid(self._bytes_due, frame.written / self._budget_bytes - frame.seconds)
        return min(self._slowest, max(self._fastest * crowd, self._cpu_due, self._bytes_due))

    def _paid(self, due: float, change: float) -> float:
        return min(self._slowest, max(-self.CREDIT, due + change))
