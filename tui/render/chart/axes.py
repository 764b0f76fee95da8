"""Choose the ticks, labels and ranges of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

_LOG_ENDS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
RANGE_PARTS = 8
"""Maximum number of round steps in a value range; the ends of a value axis are multiples of the step."""

_TINY = float(np.finfo(np.float32).tiny)
"""Values below this are zero on a logarithmic scale."""

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float, digits: int = 4) -> str:
    """Format a number with at most `digits` significant digits: "0.05", "120", "1.5k", "20M", "2e-4"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 1e-3:
        mantissa, exponent = f"{value:.{max(0, digits - 2)}e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.{digits}g}{prefix}" if abs(value) < 1e13 else f"{value:.1e}"
    return f"{value:.{digits}g}"


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Return the shortest labels that distinguish the ticks.

    Large integers close together are written in full.
    """
    labels = [short(tick) for tick in ticks]
    if len(set(labels)) == len(labels) and _even(ticks, labels):
        return labels
    if all(abs(tick) >= 1e3 and abs(tick - round(tick)) < 1e-6 for tick in ticks):
        return [f"{tick:,.0f}" for tick in ticks]
    return next(
        (labels for digits in range(5, 16) if _even(ticks, labels := [short(t, digits) for t in ticks])), labels
    )


def _even(ticks: Sequence[float], labels: Sequence[str]) -> bool:
    """Return whether the labels represent the ticks to 1 % of their spacing."""
    sizes = {prefix: size for size, prefix in _PREFIXES}
    values = [float(label.rstrip("GMk")) * sizes.get(label[-1], 1.0) for label in labels]
    least = min((abs(b - a) for a, b in pairwise(ticks)), default=math.inf)
    return all(abs(value - tick) < 0.01 * least for value, tick in zip(values, ticks, strict=True))


def step_size(span: float, most: int) -> float:
    """Return the smallest round step that divides a span into few parts.

    The step is 1, 2 or 5 times a power of ten; it gives at most `most` parts.
    """
    least = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at least two round ticks from `low` to `high`, with at most `most` intervals, which are round as well."""
    for parts in (most, 2 * most, 5 * most, 10 * most):
        step = step_size(high - low, parts)
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        if first < last:
            break
    return [index * step for index in range(first, last + 1, _round_stride(step, last - first, most))]


def _round_stride(step: float, intervals: int, most: int) -> int:
    """Return how many steps to join, so that at most `most` of some intervals remain and their size is round.

    A step of 5 is joined to 10 or 20, but not to 15.
    """
    mantissa = round(step / 10.0 ** math.floor(math.log10(step) + 1e-9))
    strides = range(intervals // (most + 1) + 1, intervals + 1)
    return next(stride for stride in strides if mantissa * stride <= 10 or mantissa * stride % 10 == 0)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return logarithmic ticks from `low` to `high`.

    The ticks are powers of ten, and multiples of them if they fit.

    A range of less than a factor of 5 gets linear ticks; in a larger one there are at least two.
    """
    if high / low < 5:
        return linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        ticks = [tick for tick in ticks if low * (1 - 1e-6) <= tick <= high * (1 + 1e-6)]
        if len(ticks) < 2:
            break
        found = ticks
        if len(ticks) <= most + 1:
            break
    return _thinned(found, most)


def _thinned(ticks: list[float], most: int) -> list[float]:
    """Drop ticks at equal distances until at most `most` intervals remain."""
    return ticks[:: max(1, math.ceil((len(ticks) - 1) / most))]


def round_end(value: int) -> int:
    """Return the round number at which a step axis ends.

    The number is coarse, so that the axis rarely moves.

    At most half of the axis is ahead of `value`, unless `value` is below 50.
    """
    power = 10 ** math.floor(math.log10(max(value, 1)))
    return max(100, next(round(power * end) for end in (1, 1.5, 2, 3, 5, 7, 10) if power * end >= value))


def value_range(
    lows: Float[np.ndarray, " columns"], highs: Float[np.ndarray, " columns"], *, log: bool
) -> tuple[float, float]:
    """Return the range of a value axis for bars from `lows` to `highs`.

    The ends are rounded coarsely, so that the range rarely changes. On a linear scale, the outermost twentieth of the
    bars may lie outside if the other bars would be squeezed otherwise: the values of the first training steps are far
    above all later ones.
    """
    lows, highs = lows[np.isfinite(lows)].astype(float), highs[np.isfinite(highs)].astype(float)
    if log:
        lows, highs = lows[lows >= _TINY], highs[highs >= _TINY]
    if not len(lows) or not len(highs):
        return (0.1, 1.0) if log else (0.0, 1.0)
    low = float(lows.min())
    high = max(low, float(highs.max()))
    if log:
        return _round_log(low, high)
    inner_low = float(np.sort(lows)[int(0.05 * (len(lows) - 1))])
    inner_high = float(np.sort(highs)[math.ceil(0.95 * (len(highs) - 1))])
    inner = inner_high - inner_low
    if high - low > 1.6 * inner > 0:  # the rest is squeezed: cut each end that stretches the range much
        low = low if inner_high - low <= 1.3 * inner else inner_low
        high = high if high - low <= 1.3 * inner else inner_high
    if high - low <= max(_TINY, 1e-6 * max(abs(low), abs(high))):
        pad = 0.05 * abs(low) or 0.5
        low, high = low - pad, high + pad
    step = step_size(high - low, RANGE_PARTS)
    return math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step


def _round_log(low: float, high: float) -> tuple[float, float]:
    """Round a range outward for a logarithmic scale.

    The ends are round numbers times powers of ten, or finer numbers if the range is narrow.
    """
    if high / low < 1.5:
        high, low = high * 1.01, low / 1.01
        step = step_size(high - low, RANGE_PARTS)
        return max(low * 0.99, math.floor(low / step) * step), math.ceil(high / step) * step
    down = 10.0 ** math.floor(math.log10(low))
    up = 10.0 ** math.floor(math.log10(high))
    return (
        max(factor * down for factor in _LOG_ENDS if factor * down <= low * (1 + 1e-6)),
        min(factor * up for factor in _LOG_ENDS if factor * up >= high * (1 - 1e-6)),
    )
