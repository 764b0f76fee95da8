"""Scales: round numbers for ticks, short labels, and ranges that a few wild values do not stretch."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

_LOG_ENDS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
RANGE_PARTS = 8
"""A value axis ends on multiples of a round number that goes at most this often into the range of the values."""

_TINY = float(np.finfo(np.float32).tiny)
"""What a logarithmic scale takes for zero."""

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float) -> str:
    """A number as a tick label: "0.05", "120", "1.5k", "20M", "2e-4"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 1e-3:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    for size, prefix in _PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.4g}{prefix}" if abs(value) < 1e13 else f"{value:.1e}"
    return f"{value:.4g}"


def step_size(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that cuts a span in at most `most` parts."""
    least = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, at most `most` intervals apart."""
    step = step_size(high - low, most)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from low to high, with 2 and 5 times them where there is room; close values get linear ticks."""
    if high / low < 4:
        return linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        ticks = [tick for tick in ticks if low * (1 - 1e-6) <= tick <= high * (1 + 1e-6)]
        if len(ticks) <= most + 1:
            return ticks
    return ticks[:: math.ceil(len(ticks) / max(1, most))]


def round_end(value: int) -> int:
    """The end of a step axis: a round number that is reached seldom, so that the axis rarely moves.

    At most half of it is ahead of the value, unless that is below 50.
    """
    power = 10 ** math.floor(math.log10(max(value, 1)))
    return max(100, next(round(power * end) for end in (1, 1.5, 2, 3, 5, 7, 10) if power * end >= value))


def value_range(
    lows: Float[np.ndarray, " columns"], highs: Float[np.ndarray, " columns"], *, log: bool
) -> tuple[float, float]:
    """The range of a value axis for bars from `lows` to `highs`.

    Its ends are rounded, so coarsely that the range seldom moves. On a linear scale the outermost twentieth of
    the bars may stick out when the rest would else be squeezed: the first steps of a training are far above all
    that follow.
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
    inner_low, inner_high = float(np.quantile(lows, 0.05)), float(np.quantile(highs, 0.95))
    inner = inner_high - inner_low
    if high - low > 1.6 * inner > 0:  # squeezed; an end that adds little is kept all the same
        low = low if inner_high - low <= 1.3 * inner else inner_low
        high = high if high - low <= 1.3 * inner else inner_high
    if high - low <= max(_TINY, 1e-6 * max(abs(low), abs(high))):
        pad = 0.05 * abs(low) or 0.5
        low, high = low - pad, high + pad
    step = step_size(high - low, RANGE_PARTS)
    return math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step


def _round_log(low: float, high: float) -> tuple[float, float]:
    """Outwards to a round number times a power of ten; to finer numbers where the values are close together."""
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
