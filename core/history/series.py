"""Store one metric by step; read it at any zoom in constant time."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, Int64

from .pyramid import AVERAGE, CAPACITY, HIGH, LOW, WEIGHT, Pyramid

DECAY = 0.95
"""Decay per step of the smoothed series: it averages over about 20 steps."""

_SMOOTHED_AT_ONCE = 128
"""Steps whose decay is divided out together: 0.95^-128 = 710 costs three of float64's sixteen digits."""


class Series:
    """Store values at the indices 0, 1, 2, ...; NaN where there is none.

    At least the newest `capacity` - 15 values are stored one by one; older ones in blocks, of 16 values among the
    newest 16 * (`capacity` - 15), of 256 beyond, and so on. Appending only copies; smoothing is deferred to the next
    read, or until `capacity` values are waiting.

    Args:
        capacity: About how many values are stored one by one, and how many blocks of each size.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._pyramid = Pyramid(capacity)
        self._average = _Average(0.0, 0.0)
        self._waiting = np.empty(capacity, np.float32)
        self._waiting_length = 0

    def __len__(self) -> int:
        return len(self._pyramid) + self._waiting_length

    @property
    def last(self) -> float:
        """The last value; NaN when there is none.

        Right after a truncation within a block, it is the middle of that block's range.
        """
        if self._waiting_length:
            return float(self._waiting[self._waiting_length - 1])
        block = self._last_block()
        return (float(block[LOW]) + float(block[HIGH])) / 2

    def append(self, values: Float32[np.ndarray, " n"]) -> None:
        """Add values at the end."""
        while len(values):
            start = self._waiting_length
            taken = values[: len(self._waiting) - start]
            self._waiting_length += len(taken)
            self._waiting[start : self._waiting_length] = taken
            values = values[len(taken) :]
            if self._waiting_length == len(self._waiting):
                self._settle()

    def truncate(self, length: int) -> None:
        """Drop everything from index `length` on.

        The cut is exact where the values before it are stored one by one. Within a block, the values from the start of
        the block to the cut keep the block's minimum, maximum and the smoothed value at its end, from which smoothing
        continues.
        """
        self._waiting_length = max(0, min(self._waiting_length, length - len(self._pyramid)))
        if length < len(self._pyramid):
            self._pyramid.truncate(length)
            block = self._last_block()
            self._average = _Average.of(float(block[AVERAGE]), float(block[WEIGHT]))

    def smoothed(self, edges: Int64[np.ndarray, " edges"]) -> Float32[np.ndarray, " edges-1"]:
        """Return the bias-corrected exponential moving average at the end of each interval.

        The interval `edges[i]:edges[i + 1]` ends with its last index below the length; NaN where it has none. Among
        old values the average is that at the end of its block. Values that are not finite have no weight, and no
        average of their own: NaN stays NaN.
        """
        self._settle()
        edges = np.clip(edges, 0, len(self))
        known = edges[:-1] < edges[1:]
        blocks = self._pyramid.at(edges[1:][known] - 1)
        averages = np.full(len(known), np.nan, np.float32)
        no_number = ~np.isfinite(blocks[LOW]) & ~(blocks[LOW] < blocks[HIGH])
        averages[known] = np.where(no_number, np.float32(np.nan), blocks[AVERAGE])
        return averages

    def envelope(
        self, edges: Int64[np.ndarray, " edges"]
    ) -> tuple[Float32[np.ndarray, " edges-1"], Float32[np.ndarray, " edges-1"]]:
        """Return the minimum and maximum of each interval; NaN without numbers.

        Interval i is `edges[i]:edges[i + 1]`.

        They are exact among the newest values, and for edges between blocks. Elsewhere whole blocks count: the
        interval may show a neighbor's number, but never misses one of its own. The cost does not depend on the length.
        """
        self._settle()
        return self._pyramid.envelope(edges)

    def _settle(self) -> None:
        """Smooth the waiting values and append them to the pyramid."""
        if self._waiting_length:
            steps, self._average = _smooth(self._waiting[: self._waiting_length], self._average)
            self._pyramid.append(steps)
            self._waiting_length = 0

    def _last_block(self) -> Float32[np.ndarray, " 4"]:
        """Return the smallest block that covers the last step of the pyramid."""
        length = len(self._pyramid)
        return self._pyramid.at(np.array([length - 1]))[:, 0] if length else np.full(4, np.nan, np.float32)


class _Average(NamedTuple):
    """The decayed sum of a moving average's values, and of their weights."""

    total: float
    weight: float

    @classmethod
    def of(cls, average: float, weight: float) -> _Average:
        return cls(average * weight, weight) if math.isfinite(average) else cls(0.0, 0.0)


def _smooth(values: Float32[np.ndarray, " n"], start: _Average) -> tuple[Float32[np.ndarray, "4 n"], _Average]:
    """Continue a moving average over some values.

    The average is Adam's bias-corrected one (Kingma & Ba 2015, section 3): the decayed sum of the values over that of
    the weights, with values that are not finite left out of both.

    Returns:
        The pyramid's blocks of the values, and the average after them.
    """
    finite = np.isfinite(values)
    parts = np.zeros(-(-len(values) // _SMOOTHED_AT_ONCE) * _SMOOTHED_AT_ONCE)
    parts[: len(values)] = np.where(finite, values, 0)
    totals = _continue(start.total, _decayed_sums(parts))[: len(values)]
    if finite.all():
        sums_of_weights = np.broadcast_to(_SUMS_OF_ONES, (len(parts) // _SMOOTHED_AT_ONCE, _SMOOTHED_AT_ONCE))
    else:
        parts[: len(values)] = finite
        sums_of_weights = _decayed_sums(parts)
    weights = _continue(start.weight, sums_of_weights)[: len(values)]
    steps = np.empty((4, len(values)), np.float32)
    steps[LOW] = steps[HIGH] = values
    steps[WEIGHT] = weights
    with np.errstate(invalid="ignore", divide="ignore"):
        steps[AVERAGE] = totals / weights
    return steps, _Average(float(totals[-1]), float(weights[-1]))


def _decayed_sums(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "parts k"]:
    """Return the decayed sums s[i] = DECAY s[i - 1] + v[i].

    They start at 0 in each part of _SMOOTHED_AT_ONCE values.
    """
    return _DECAYS * np.cumsum(values.reshape(-1, _SMOOTHED_AT_ONCE) / _DECAYS, axis=1)


def _continue(before: float, sums: Float64[np.ndarray, "parts k"]) -> Float64[np.ndarray, " n"]:
    """Chain the decayed sums of the parts, starting from the sum `before` them."""
    decay = float(_DECAYS[-1])
    starts = list(accumulate(sums[:-1, -1].tolist(), lambda carried, end: end + carried * decay, initial=before))
    return (sums + np.array(starts)[:, None] * _DECAYS).ravel()


_DECAYS = DECAY ** np.arange(1, _SMOOTHED_AT_ONCE + 1)
_SUMS_OF_ONES = _decayed_sums(np.ones(_SMOOTHED_AT_ONCE))
