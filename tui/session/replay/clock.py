"""The clock of a replay: when each line of a log is told, and at which speed."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float64

IDLE_SECONDS = 1.0
"""What is left of a time in which nothing was trained, at most."""

SLOWEST, FASTEST = 2.0**-4, 2.0**20
"""The speeds, as multiples of the speed of the run."""

FITTING_SECONDS = 60.0
"""How long a replay takes at most whose speed nobody has chosen."""


def play_times(times: Float64[np.ndarray, " n"], idle: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """When each line is told, in seconds from the start at the speed of the run.

    Args:
        times: When it was written, in seconds since 1970; a clock that was set back stands still. NaN: with the line
            before it.
        idle: Whether nothing was trained in the time before it.
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
    """The next power of two above (1) or below (-1) a speed, within the speeds that there are."""
    exponent = math.log2(speed)
    following = math.floor(exponent) + 1 if direction > 0 else math.ceil(exponent) - 1
    return min(FASTEST, max(SLOWEST, 2.0**following))


def fitting_speed(seconds: float) -> float:
    """The least power of two, 1 or more, at which so many seconds are over within FITTING_SECONDS."""
    return min(FASTEST, 2.0 ** max(0, math.ceil(math.log2(max(seconds, 1.0) / FITTING_SECONDS))))


class Player:
    """Where a replay is: a position between the lines of the log, and a clock that runs or stands still.

    It knows no time of its own: `now` is any clock that runs on steadily, in seconds.

    Args:
        times: When each line is told, ascending (`play_times`).
    """

    def __init__(self, times: Float64[np.ndarray, " n"]) -> None:
        self.position = 0
        """How many lines have been told."""
        self.is_playing = False
        self.speed = 1.0
        """How many times as fast as the run; while it plays, `turn` changes it."""
        self._times = times
        self._moment = 0.0
        """The moment of the replay at `_since`."""
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """How long it all takes at the speed of the run."""
        return float(self._times[-1]) if len(self._times) else 0.0

    @property
    def is_at_end(self) -> bool:
        """Whether everything has been told."""
        return self.position >= len(self._times)

    def play(self, now: float) -> None:
        """Let the clock run."""
        self._moment, self._since, self.is_playing = self._at(now), now, True

    def pause(self, now: float) -> None:
        """Let the clock stand still."""
        self._moment, self._since, self.is_playing = self._at(now), now, False

    def turn(self, direction: int, now: float) -> None:
        """Play faster or slower from now on."""
        self._moment, self._since = self._at(now), now
        self.speed = turned_speed(self.speed, direction)

    def go_to(self, position: int, now: float) -> None:
        """Stand where so many lines have been told."""
        self.position, self._since = position, now
        self._moment = float(self._times[position - 1]) if position else 0.0

    def due(self, now: float) -> int:
        """How many lines are told by now; never fewer than have been."""
        return max(self.position, int(np.searchsorted(self._times, self._at(now), side="right")))

    def wait(self, now: float) -> float | None:
        """Seconds until the next line is due; None when no line ever is."""
        if not self.is_playing or self.is_at_end:
            return None
        return max(0.0, (float(self._times[self.position]) - self._at(now)) / self.speed)

    def _at(self, now: float) -> float:
        return self._moment + (now - self._since) * self.speed if self.is_playing else self._moment
