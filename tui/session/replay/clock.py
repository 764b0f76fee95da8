"""Time a replay: when each line is played, at which speed."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float64

IDLE_SECONDS = 1.0
"""The longest gap without training in a replay; longer gaps of the run are shortened."""

SLOWEST, FASTEST = 2.0**-4, 2.0**20
"""The lowest and the highest speed, as multiples of the speed of the run."""

FITTING_SECONDS = 60.0
"""How long a replay at the default speed takes, at most."""


def play_times(times: Float64[np.ndarray, " n"], idle: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Compute when each line is played, in seconds at the run's speed.

    Args:
        times: When each line was written, in seconds since 1970. Lines after a clock that was set back are played at
            once, until it catches up; NaN lines with the line before them.
        idle: Whether nothing was trained in the time before each line.

    Returns:
        The times, ascending from 0.
    """
    if not len(times):
        return np.zeros(0)
    known = np.where(np.isnan(times), -np.inf, times)
    latest = np.maximum.accumulate(known)
    first = latest[np.isfinite(latest)][:1]
    latest[np.isneginf(latest)] = first[0] if len(first) else 0.0
    gaps = np.diff(latest, prepend=latest[0])
    return np.cumsum(np.where(idle, np.minimum(gaps, IDLE_SECONDS), gaps))


def turned_speed(speed: float, direction: int) -> float:
    """Return the next power of two above (1) or below (-1) a speed.

    It stays within SLOWEST and FASTEST.
    """
    exponent = math.log2(speed)
    following = math.floor(exponent) + 1 if direction > 0 else math.ceil(exponent) - 1
    return min(FASTEST, max(SLOWEST, 2.0**following))


def fitting_speed(seconds: float) -> float:
    """Return the least power of two >= 1 at which `seconds` fit in FITTING_SECONDS."""
    return min(FASTEST, 2.0 ** max(0, math.ceil(math.log2(max(seconds, 1.0) / FITTING_SECONDS))))


class Player:
    """Track a replay's position between the lines of the log, with a clock.

    The caller passes the time: `now` is any monotonic clock, in seconds.

    Args:
        times: When each line is played, ascending (`play_times`).
    """

    def __init__(self, times: Float64[np.ndarray, " n"]) -> None:
        self.position = 0
        """The number of lines that have been played."""
        self.is_playing = False
        self.speed = 1.0
        """The speed as a multiple of that of the run; while the clock runs, only `turn` may change it."""
        self._times = times
        self._moment = 0.0
        """The time in the replay at `_since`, in seconds."""
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """The length of the replay at the speed of the run."""
        return float(self._times[-1]) if len(self._times) else 0.0

    @property
    def is_at_end(self) -> bool:
        """Whether all lines have been played."""
        return self.position >= len(self._times)

    def play(self, now: float) -> None:
        """Start the clock."""
        self._moment, self._since, self.is_playing = self._at(now), now, True

    def pause(self, now: float) -> None:
        """Pause the clock."""
        self._moment, self._since, self.is_playing = self._at(now), now, False

    def turn(self, direction: int, now: float) -> None:
        """Play faster (1) or slower (-1) from now on."""
        self._moment, self._since = self._at(now), now
        self.speed = turned_speed(self.speed, direction)

    def go_to(self, position: int, now: float) -> None:
        """Go to the position after `position` lines."""
        self.position, self._since = position, now
        self._moment = float(self._times[position - 1]) if position else 0.0

    def due(self, now: float) -> int:
        """Return how many lines are due, at least those already played."""
        return max(self.position, int(np.searchsorted(self._times, self._at(now), side="right")))

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next due line; None if there is none."""
        if not self.is_playing or self.is_at_end:
            return None
        return max(0.0, (float(self._times[self.position]) - self._at(now)) / self.speed)

    def _at(self, now: float) -> float:
        return self._moment + (now - self._since) * self.speed if self.is_playing else self._moment
