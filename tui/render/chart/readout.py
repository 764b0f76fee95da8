"""The words of the curve panel: a legend with the newest values, or everything that is known of one step."""

from __future__ import annotations

from collections.abc import Sequence

from ....core.history import Mark, Metric
from ..canvas import Symbols
from .curve_data import MEASURED, CurveData, Reading, number
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
"""Each metric abbreviated, in a word, and in full with its unit."""

_RANKS: dict[Metric, int] = {"loss": 0, "reconstruction": 1, "kl": 1, "grad_norm": 4, "learning_rate": 3}
"""The metrics of a step in their order, and how soon each is left out."""


def legend(data: CurveData, metric: Metric, symbols: Symbols, *, colors: bool) -> list[Item]:
    """The newest values of a metric, each beside what stands for it in the chart."""
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


def title(data: CurveData, metric: Metric, symbols: Symbols, *, colors: bool) -> list[list[Item]]:
    """The title of one of several charts with its newest values, in several lengths, the longest first."""
    train, _, *valid = legend(data, metric, symbols, colors=colors)
    short, word, full = NAMES[metric]
    variants = ((full, valid), (word, valid), (word, valid[:1]), (short, valid[:1]))
    return [[Item(((name, Ink.TEXT),), -1), train, *values] for name, values in variants]


def read_out(reading: Reading, marks: Sequence[Mark], unicode: bool) -> list[list[Item]]:
    """Everything that is known of a step and of what happened there, in four lengths, the longest first."""
    events = [mark for mark in marks if mark.kind != "evaluation"]  # its values are among those of the step
    return [_read_out(reading, events, unicode, length) for length in range(4)]


def _read_out(reading: Reading, marks: Sequence[Mark], unicode: bool, length: int) -> list[Item]:
    items = [Item((("step", Ink.AXIS), (f"{reading.step:,}", Ink.CURSOR)), -1)]
    for metric, rank in _RANKS.items():
        name = NAMES[metric][1 if length == 0 else 0]
        items.append(Item(((name, Ink.AXIS), (_between(*reading.values[metric]), Ink.TEXT)), rank))
    if (event := reading.validation) is not None:
        words = [("valid", Ink.POINTS), (number(event.loss), Ink.TEXT)]
        for metric in MEASURED[1:] if length < 2 else ():
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
    """A value, or the two that it is between."""
    if low == high or low != low:
        return f"{low:.3g}" if abs(low) < 0.1 else number(low)
    return f"{low:.3g}..{high:.3g}"
