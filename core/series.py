"""One number a step, kept for good, and read at any zoom in constant time."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64

FANOUT = 16
"""Blocks of one pyramid level that make a block of the next."""

DECAY = 0.95
"""Decay per step of the smoothed series: it looks back over about 20 steps."""

_MEMORY = 512
"""Steps after which a value's weight in the smoothed series is far below float32's precision (0.95^512 = 4e-12)."""

_BLOCK = 128
"""Steps smoothed at once: 0.95^-128 = 710 costs three of float64's sixteen digits."""


class Series:
    """Values of the indices 0, 1, 2, ...; NaN where there is none.

    Appending only copies. What is read from it, the smoothed values and the pyramid of minima and maxima, is
    brought up to date when it is asked for.
    """

    def __init__(self) -> None:
        self._values = _Buffer()
        self._smoothed = _Buffer()
        self._levels: list[tuple[_Buffer, _Buffer]] = []

    def __len__(self) -> int:
        return len(self._values)

    @property
    def values(self) -> Float32[np.ndarray, " n"]:
        """All values (a view: it holds until the next change)."""
        return self._values.view

    def append(self, values: Float32[np.ndarray, " n"]) -> None:
        """Add values at the end."""
        self._values.append(values)

    def truncate(self, length: int) -> None:
        """Drop everything from index `length` on."""
        self._values.truncate(length)
        self._smoothed.truncate(length)
        for low, high in self._levels:
            length //= FANOUT
            low.truncate(length)
            high.truncate(length)

    def smoothed(self) -> Float32[np.ndarray, " n"]:
        """The exponential moving average at every index, without the bias towards the start.

        Values that are not finite have no weight, and no average of their own: NaN stays NaN.
        """
        done = len(self._smoothed)
        if done < len(self):
            start = max(0, done - _MEMORY)
            self._smoothed.append(_smooth(self.values[start:])[done - start :])
        return self._smoothed.view

    def envelope(
        self, edges: Int64[np.ndarray, " columns+1"]
    ) -> tuple[Float32[np.ndarray, " columns"], Float32[np.ndarray, " columns"]]:
        """Minimum and maximum of each interval `edges[i]:edges[i + 1]`; NaN where it holds no number.

        Costs the same for any length: each level of the pyramid gives at most the FANOUT - 1 blocks at either
        end of an interval that the next level's larger blocks do not cover.
        """
        self._raise_pyramid()
        edges = np.clip(edges, 0, len(self))
        starts, ends = edges[:-1], edges[1:]
        low = np.full(len(starts), np.nan, np.float32)
        high = low.copy()
        levels = [(self._values, self._values), *self._levels]
        for i, (lows, highs) in enumerate(levels):
            if i + 1 < len(levels):
                head, tail = -(-starts // FANOUT) * FANOUT, ends // FANOUT * FANOUT
                whole = head < tail  # intervals with a block of the next level inside
                parts = [(starts, np.where(whole, head, ends)), (np.where(whole, tail, ends), ends)]
            else:
                head, tail, whole = starts, ends, np.zeros(len(starts), bool)
                parts = [(starts, ends)]
            for first, last in parts:
                low = np.fmin(low, _reduce(np.fmin, lows.view, first, last))
                high = np.fmax(high, _reduce(np.fmax, highs.view, first, last))
            starts = np.where(whole, head // FANOUT, 0)
            ends = np.where(whole, tail // FANOUT, 0)
        return low, high

    def _raise_pyramid(self) -> None:
        """Fold the blocks that have become complete into every level; the last level has fewer than FANOUT."""
        lows = highs = self._values
        level = 0
        while len(lows) >= FANOUT:
            if level == len(self._levels):
                self._levels.append((_Buffer(), _Buffer()))
            low, high = self._levels[level]
            new = slice(len(low) * FANOUT, len(lows) // FANOUT * FANOUT)
            low.append(np.fmin.reduce(lows.view[new].reshape(-1, FANOUT), axis=1))
            high.append(np.fmax.reduce(highs.view[new].reshape(-1, FANOUT), axis=1))
            lows, highs = low, high
            level += 1


class _Buffer:
    """A float32 array that grows at its end."""

    def __init__(self) -> None:
        self._array = np.empty(1024, np.float32)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def view(self) -> Float32[np.ndarray, " n"]:
        return self._array[: self._length]

    def append(self, values: Float32[np.ndarray, " n"]) -> None:
        length = self._length + len(values)
        if length > len(self._array):
            grown = np.empty(max(length, 2 * len(self._array)), np.float32)
            grown[: self._length] = self.view
            self._array = grown
        self._array[self._length : length] = values
        self._length = length

    def truncate(self, length: int) -> None:
        self._length = min(self._length, length)


def _reduce(
    function: np.ufunc,
    values: Float32[np.ndarray, " n"],
    starts: Int64[np.ndarray, " columns"],
    ends: Int64[np.ndarray, " columns"],
) -> Float32[np.ndarray, " columns"]:
    """Reduce each interval `starts[i]:ends[i]`, all of them short."""
    longest = int((ends - starts).max(initial=0))
    if longest <= 0:
        return np.full(len(starts), np.nan, np.float32)
    index = starts[:, None] + np.arange(longest)
    inside: Bool[np.ndarray, "columns longest"] = index < ends[:, None]
    return function.reduce(np.where(inside, values[np.minimum(index, len(values) - 1)], np.float32(np.nan)), axis=1)


def _smooth(values: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """Adam's bias-corrected moving average: the weighted sum of the values over the sum of the weights."""
    averages = np.empty(len(values), np.float32)
    total = weight = 0.0
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK].astype(np.float64)
        finite = np.isfinite(block)
        powers = DECAY ** np.arange(1, len(block) + 1)
        # s[k] = d^k s[0] + sum over j of d^(k-j) v[j], for all k of the block at once
        totals = powers * (total + np.cumsum(np.where(finite, block, 0) / powers))
        weights = powers * (weight + np.cumsum(finite / powers))
        with np.errstate(invalid="ignore", divide="ignore"):
            averages[start : start + _BLOCK] = np.where(finite, totals / weights, np.nan)
        total, weight = totals[-1], weights[-1]
    return averages
