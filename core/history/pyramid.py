"""Store a long series in bounded memory, older values in growing blocks."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64

FANOUT = 16
"""Blocks of one level that make up one block of the next level."""

CAPACITY = 16_384
"""Blocks stored per level, at least; a level has room for twice as many, so that old ones are dropped in bulk."""

LOW, HIGH, AVERAGE, WEIGHT = range(4)
"""The rows of a block: its minimum and maximum, and the moving average and its weight at the end of the block."""

Blocks = Float32[np.ndarray, "4 _"]
"""Consecutive blocks, one per column; each covers 1, FANOUT, FANOUT ** 2, ... steps."""


class Pyramid:
    """Store a series in levels of growing blocks.

    Blocks have 1 step at level 0, FANOUT steps at level 1, FANOUT ** 2 at level 2, and so on. Each level stores only
    its newest blocks. Complete blocks of the next level cover the steps that a level has dropped, and the last level is
    too short to drop anything, so every step is covered: at level l while it is among the newest
    `capacity * FANOUT ** l`. Memory grows with the logarithm of the number of steps.

    Args:
        capacity: Blocks stored per level, at least.

    Raises:
        ValueError: when `capacity` is below FANOUT.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < FANOUT:
            raise ValueError(f"a level must keep at least {FANOUT} blocks, not {capacity}")
        self._capacity = capacity
        self._levels = [_Level(capacity)]

    def __len__(self) -> int:
        """Return the number of steps, including those that only coarse blocks cover."""
        return self._levels[0].end

    def append(self, steps: Blocks) -> None:
        """Add at most `capacity` steps at the end."""
        for i, level in enumerate(self._levels):
            level.append(steps)
            if i + 1 == len(self._levels):
                if level.end < FANOUT:
                    break
                self._levels.append(_Level(self._capacity))
            first = self._levels[i + 1].end * FANOUT - level.start
            steps = _fold(level.blocks[:, first:])

    def truncate(self, length: int) -> None:
        """Drop every step from `length` on.

        The cut is exact while level 0 has the steps before it. Further back, the block that contains the cut stands
        for each of its steps before the cut: their minimum and maximum may come from a dropped step of that block, but
        no number before the cut is lost.
        """
        if length >= len(self):
            return
        ends = [length // FANOUT**i for i in range(len(self._levels))]
        exact = next(i for i, level in enumerate(self._levels) if ends[i] >= level.start)
        cut_through = self._levels[exact].blocks[:, [ends[exact] - self._levels[exact].start]]
        for level, end in zip(self._levels[exact:], ends[exact:], strict=True):
            level.truncate(end)
        for i in range(exact):
            start = ends[i + 1] * FANOUT
            self._levels[i].restart(start, np.repeat(cut_through, ends[i] - start, axis=1))

    def at(self, steps: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, "4 n"]:
        """Return the smallest block that covers each step.

        Every step must be below the length.
        """
        found = np.empty((4, len(steps)), np.float32)
        missing = np.ones(len(steps), bool)
        for level in self._levels:
            here: Bool[np.ndarray, " n"] = missing & (steps >= level.start)
            found[:, here] = level.blocks[:, steps[here] - level.start]
            missing &= ~here
            steps = steps // FANOUT
        return found

    def envelope(
        self, edges: Int64[np.ndarray, " edges"]
    ) -> tuple[Float32[np.ndarray, " edges-1"], Float32[np.ndarray, " edges-1"]]:
        """Return the minimum and maximum of each interval; NaN without numbers.

        Interval i is `edges[i]:edges[i + 1]`.

        Where an edge is inside the smallest stored block, the whole block counts: the interval may show a neighbor's
        number, but never misses one of its own. The cost does not depend on the length: each level contributes at most
        the FANOUT - 1 blocks at either end of an interval that the next level's larger blocks do not cover.
        """
        edges = np.clip(edges, 0, len(self))
        starts, ends = edges[:-1], edges[1:]
        low = np.full(len(starts), np.nan, np.float32)
        high = low.copy()
        for level in self._levels:
            # the part for the next level is rounded inwards, or outwards at an edge that this level no longer has
            heads = np.where(starts < level.start, starts // FANOUT, -(-starts // FANOUT))
            tails = np.where(ends <= level.start, -(-ends // FANOUT), ends // FANOUT)
            above = (heads < tails) & (starts < ends) & (level is not self._levels[-1])
            for first, last in (
                (starts, np.where(above, heads * FANOUT, ends)),
                (np.where(above, tails * FANOUT, ends), ends),
            ):
                low = np.fmin(low, _reduce(np.fmin, level.blocks[LOW], first - level.start, last - level.start))
                high = np.fmax(high, _reduce(np.fmax, level.blocks[HIGH], first - level.start, last - level.start))
            starts, ends = np.where(above, heads, 0), np.where(above, tails, 0)
        return low, high


class _Level:
    """Store the blocks `start` .. `end` - 1 of a level.

    `start` is a multiple of FANOUT.
    """

    def __init__(self, capacity: int) -> None:
        self.start = 0
        self._capacity = capacity
        self._array = np.empty((4, FANOUT), np.float32)
        self._length = 0

    @property
    def end(self) -> int:
        return self.start + self._length

    @property
    def blocks(self) -> Blocks:
        return self._array[:, : self._length]

    def append(self, blocks: Blocks) -> None:
        """Append at most `capacity` blocks.

        Complete blocks of the next level must already be there.
        """
        if self._length + blocks.shape[1] > 2 * self._capacity:
            start = -(-(self.end - self._capacity) // FANOUT) * FANOUT
            self.restart(start, self.blocks[:, start - self.start :])
        length = self._length + blocks.shape[1]
        if length > self._array.shape[1]:
            grown = np.empty((4, min(max(length, 2 * self._array.shape[1]), 2 * self._capacity)), np.float32)
            grown[:, : self._length] = self.blocks
            self._array = grown
        self._array[:, self._length : length] = blocks
        self._length = length

    def truncate(self, end: int) -> None:
        self._length = min(self._length, end - self.start)

    def restart(self, start: int, blocks: Blocks) -> None:
        """Replace all blocks by these, the first of which has the number `start`."""
        self.start = start
        self._length = blocks.shape[1]
        self._array[:, : self._length] = blocks


def _fold(blocks: Blocks) -> Blocks:
    """Reduce blocks to the complete blocks of the next level."""
    groups = blocks[:, : blocks.shape[1] // FANOUT * FANOUT].reshape(4, -1, FANOUT)
    folded = groups[:, :, -1].copy()
    folded[LOW] = np.fmin.reduce(groups[LOW], axis=1)
    folded[HIGH] = np.fmax.reduce(groups[HIGH], axis=1)
    return folded


def _reduce(
    function: np.ufunc,
    values: Float32[np.ndarray, " n"],
    starts: Int64[np.ndarray, " columns"],
    ends: Int64[np.ndarray, " columns"],
) -> Float32[np.ndarray, " columns"]:
    """Reduce each interval `starts[i]:ends[i]`, all of them short; NaN where an interval is empty."""
    longest = int((ends - starts).max(initial=0))
    if longest <= 0:
        return np.full(len(starts), np.nan, np.float32)
    index = starts[:, None] + np.arange(longest)
    inside: Bool[np.ndarray, "columns longest"] = index < ends[:, None]
    return function.reduce(np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.float32(np.nan)), axis=1)
