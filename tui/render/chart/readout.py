"""Compose the texts of the curve panel: legend, titles and readout."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ....core.history import Mark
from ....core.protocol import LOSS_METRICS, Metric
from ..canvas import Symbols
from .curve_data import CurveData, EarlierRun, Reading, number
from .flow import Item
from .ink import Ink
from .plot import characters
from .timeline import SIGNS

NAMES: dict[Metric, tuple[str, str, str]] = {
    "loss": ("loss", "loss", "loss, nats per image"),
    "reconstruction": ("rec", "reconstruction", "reconstruction, nats per image"),
    "kl": ("KL", "KL", "KL divergence, nats per image"),
    "grad_norm": ("grad", "gradient norm", "gradient norm"),
    "learning_rate": ("rate", "rate", "learning rate"),
}
"""The names of each metric: abbreviated, short, and full with its unit."""

_RANKS: dict[Metric, int] = {"loss": 0, "reconstruction": 1, "kl": 1, "grad_norm": 4, "learning_rate": 3}
"""The metrics of a readout in order, with their ranks: the higher, the sooner left out."""


def legend(data: CurveData, metric: Metric, symbols: Symbols, *, colors: bool) -> list[Item]:
    """Return the newest values of a metric, each with its symbol in the chart."""
    history = data.history
    unicode = symbols != "ascii"
    spread, course, _ = characters(symbols, colors=colors)
    items = [
        _sign(spread or ("⣿" if symbols == "braille" else "█"), Ink.ENVELOPE, "train", history.last(metric), 1),
        _sign(course or "━", Ink.CURVE, "smoothed", history.last_smoothed(metric), 2),
    ]
    points = data.points(metric, history.first_step - 1, history.last_step)
    if len(points.values):
        items.append(_sign("●" if unicode else "o", Ink.POINTS, "valid", float(points.values[-1]), 0))
    if points.best is not None:
        items.append(_sign("◆" if unicode else "@", Ink.BEST, "best", float(points.values[points.best]), 1))
    return items


def earlier_item(earlier: EarlierRun, metric: Metric, step: int | None, *, unicode: bool) -> Item:
    """Return the sign and the name of the run behind, with its smoothed value at a step if there is one."""
    sign, words = "┈" if unicode else ",", earlier.name
    if step is not None:
        value = float(earlier.data.history.smoothed(metric, step, step, 1)[0])
        words += f" {number(value)}" if math.isfinite(value) else " ended before"
    return Item(((sign, Ink.EARLIER), (words, Ink.TEXT)), 0)


def title(data: CurveData, metric: Metric, symbols: Symbols, *, colors: bool) -> list[list[Item]]:
    """Return a chart's title with its newest values.

    The title is returned in several lengths, longest first.
    """
    train, _, *valid = legend(data, metric, symbols, colors=colors)
    short, word, full = NAMES[metric]
    variants = ((full, valid), (word, valid), (word, valid[:1]), (short, valid[:1]))
    return [[Item(((name, Ink.TEXT),), -1), train, *values] for name, values in variants]


def read_out(reading: Reading, marks: Sequence[Mark], unicode: bool) -> list[list[Item]]:
    """Return the values and annotations of a step, in four lengths, longest first."""
    events = [mark for mark in marks if mark.kind != "evaluation"]  # the reading includes its values
    return [_read_out(reading, events, unicode, length) for length in range(4)]


def _read_out(reading: Reading, marks: Sequence[Mark], unicode: bool, length: int) -> list[Item]:
    items = [Item((("step", Ink.AXIS), (f"{reading.step:,}", Ink.CURSOR)), -1)]
    for metric, rank in _RANKS.items():
        name = NAMES[metric][1 if length == 0 else 0]
        items.append(Item(((name, Ink.AXIS), (_between(*reading.values[metric]), Ink.TEXT)), rank))
    if (event := reading.validation) is not None:
        words = [("valid", Ink.POINTS), (number(event.loss), Ink.TEXT)]
        for metric in LOSS_METRICS[1:] if length < 2 else ():
            words += [(NAMES[metric][0], Ink.AXIS), (number(getattr(event, metric)), Ink.TEXT)]
        items.append(Item((*words, (f"at {event.step:,}", Ink.AXIS)), 1))
    signs: list[str] = []
    for mark in marks:
        sign, plain, ink = SIGNS[mark.kind]
        signs.append(sign if unicode else plain)
        if length < 3:
            words = mark.text if length == 0 else mark.kind
            items.append(Item(((signs[-1], ink), (words, Ink.TEXT)), 2))
    if length == 3 and signs:
        items.append(Item((("".join(signs), Ink.EVENT),), 2))
    return items


def _sign(glyph: str, ink: Ink, name: str, value: float, rank: int) -> Item:
    words = f"{name} {value:.4g}" if abs(value) < 1 else f"{name} {number(value)}"
    return Item(((glyph, ink), (words, Ink.TEXT)), rank)


def _between(low: float, high: float) -> str:
    """Format a value, or the range that it is in."""
    if low == high or low != low:
        return f"{low:.3g}" if abs(low) < 0.1 else number(low)
    return f"{low:.3g}..{high:.3g}"
