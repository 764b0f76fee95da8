"""What happened in a run, on the line at the step axis."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ....core.history import Mark, MarkKind
from ..cells import Cells
from .ink import Ink
from .scale import StepScale

SIGNS: dict[MarkKind, tuple[str, str, Ink]] = {
    "evaluation": ("•", ".", Ink.AXIS),
    "checkpoint": ("■", "#", Ink.AXIS),
    "resume": ("▶", "}", Ink.EVENT),
    "pause": ("‖", "=", Ink.EVENT),
    "knobs": ("↕", "%", Ink.EVENT),
    "best": ("◆", "@", Ink.BEST),
    "rewind": ("↩", "{", Ink.EVENT),
    "alert": ("!", "!", Ink.ALERT),
}
"""The glyph of each kind of mark, the one without Unicode, and its ink; the most important kind is the last."""

_SHOWN_OF_DENSE: dict[MarkKind, int] = {"evaluation": 0, "checkpoint": 1}
"""Of the kinds that come again and again: how many of them, the last, are shown where they are too dense."""

_DENSE = 4
"""Columns from one mark to the next below which they are too dense, on the average."""


def draw_marks(cells: Cells, y: int, x: int, scale: StepScale, marks: Iterable[Mark], unicode: bool) -> None:
    """Put a glyph for each mark on a line; of several in a column the most important one."""
    steps: dict[MarkKind, list[int]] = {kind: [] for kind in SIGNS}
    for mark in marks:
        steps[mark.kind].append(mark.step)
    for kind, (sign, plain, ink) in SIGNS.items():
        if not steps[kind]:
            continue
        columns = np.unique(scale.columns(np.array(steps[kind], float)).astype(int).clip(0, scale.width - 1))
        if kind in _SHOWN_OF_DENSE and columns[-1] - columns[0] < _DENSE * (len(columns) - 1):
            columns = columns[len(columns) - _SHOWN_OF_DENSE[kind] :]
        cells.glyphs[y, x + columns] = ord(sign if unicode else plain)
        cells.styles[y, x + columns] = ink


def marks_at(marks: Iterable[Mark], scale: StepScale, column: int) -> list[Mark]:
    """The marks in a column, the most important first."""
    order = list(SIGNS)
    first, last = scale.steps_in(column)
    found = [mark for mark in marks if first <= mark.step <= last]
    return sorted(found, key=lambda mark: -order.index(mark.kind))
