"""A long row of numbers at every zoom, in bounded memory: the newest in full, the older in ever larger blocks."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int64

FANOUT = 16
"""Blocks of one level that make a block of the next."""

CAPACITY = 16_384
"""Blocks that a level keeps, at least; it has room for twice as many, so that old ones go many at a time."""

LOW, HIGH, AVERAGE, WEIGHT = range(4)
"""The rows of a block: its lowest and highest number, and the moving average and its weight where the block ends."""

Blocks = Float32[np.ndarray, "4 _"]
"""Blocks in columns: one for each of some consecutive steps, or for each of FANOUT, FANOUT ** 2, ... of them."""


class Pyramid:
    """Blocks of one step at level 0, of FANOUT steps at level 1, of FANOUT ** 2 at level 2, ...

    Each level keeps its newest blocks only. What a level has dropped is inside of complete blocks of the next, and the
    last level is too short to drop anything, so every step is covered: at level l as long as it is among the newest
    `capacity * FANOUT ** l`. Memory grows with the number of levels, the logarithm of the number of steps.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < FANOUT:
            raise ValueError(f"a level must keep at least {FANOUT} blocks, not {capacity}")
        self._capacity = capacity
        self._levels = [_Level(capacity)]

    def __len__(self) -> int:
        """The number of steps, those that only coarse blocks cover included."""
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

        That is exact while level 0 has what comes before it. Further back, the block that the cut goes through stands
        for each of its steps before the cut: their lowest and highest number may be those of a step behind the cut, up
        to the size of the block, but no number before the cut is lost.
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
        """The smallest block that covers each step; `steps` are below the length."""
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
        """Minimum and maximum of each interval `edges[i]:edges[i + 1]`; NaN where it holds no number.

        Where an edge is inside of the smallest block that is kept there, the whole block counts: the interval may show
        a neighbour's number, but never misses one of its own. Costs the same for any length: each level gives at most
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
    """The blocks `start` .. `end` - 1 of one level; `start` is a multiple of FANOUT."""

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
        """Add at most `capacity` blocks at the end; complete blocks of the next level must already be there."""
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
        """Keep nothing but these blocks."""
        self.start = start
        self._length = blocks.shape[1]
        self._array[:, : self._length] = blocks


def _fold(blocks: Blocks) -> Blocks:
    """The complete blocks of the next level."""
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
    """Reduce each interval `starts[i]:ends[i]`, all of them short; NaN where it is empty."""
    longest = int((ends - starts).max(initial=0))
    if longest <= 0:
        return np.full(len(starts), np.nan, np.float32)
    index = starts[:, None] + np.arange(longest)
    inside: Bool[np.ndarray, "columns longest"] = index < ends[:, None]
    return function.reduce(np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.float32(np.nan)), axis=1)
