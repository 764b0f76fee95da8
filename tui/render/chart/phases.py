"""Infer the phases of a learning-rate schedule from its shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from .axes import short

_FLAT = 1e-6
"""Largest change between points that counts as flat, as a fraction of the peak; it covers float32 rounding."""


@dataclass(frozen=True)
class Phase:
    """A part of a schedule between two of its points.

    `names` are its possible names, longest first.
    """

    names: tuple[str, ...]
    first_step: int
    last_step: int


def phases(steps: Int32[np.ndarray, " points"], rates: Float32[np.ndarray, " points"]) -> list[Phase]:
    """Return the phases of a schedule.

    A rise from the first step on is a "warm-up", a later one a "rise", and a fall a "decay". A level is named "peak" at
    the highest rate, after its rate elsewhere, and "constant" if the whole schedule is level. A jump between two levels
    is not a phase, nor is a level of two points between two slopes.

    Args:
        steps: Steps, ascending.
        rates: The learning rates of the steps.
    """
    if len(steps) < 2 or not (peak := float(rates.max())) > 0:
        return []
    change = np.diff(rates.astype(float)) / peak
    ways = np.where(np.abs(change) < _FLAT, 0, np.sign(change)).astype(int)
    starts = [0, *(np.flatnonzero(np.diff(ways)) + 1).tolist()]
    ends = [*starts[1:], len(ways)]
    found = []
    for first, last in zip(starts, ends, strict=True):
        way, rate = ways[first], float(rates[first])
        is_brief = last - first == 1 and first > 0 and last < len(ways)
        if is_brief and (way == 0 or ways[first - 1] == ways[last] == 0):
            continue
        if way > 0 and first == 0:
            # A warm-up of a single interval may peak anywhere within it, so do not name its last step.
            names = (f"warm-up to {int(steps[last]):,}", "warm-up") if last > 1 else ("warm-up",)
        elif way != 0:
            names = ("rise",) if way > 0 else ("decay",)
        elif first == 0 and last == len(ways):
            names = ("constant",)
        else:
            names = ("peak",) if rate >= peak * (1 - _FLAT) else (short(rate, 3),)
        found.append(Phase(names, int(steps[first]), int(steps[last])))
    return found
