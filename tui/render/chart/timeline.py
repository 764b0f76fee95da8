"""Draw the annotations of a run on the step axis."""

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
"""The glyph of each kind of annotation, its ASCII glyph, and its style; the most important kind is last."""

_MEANINGS: dict[MarkKind, tuple[str, str]] = {
    "evaluation": ("Evaluation", "On the validation split"),
    "checkpoint": ("Checkpoint", "The state of this step is saved"),
    "resume": ("Resume", "Training went on after a pause"),
    "pause": ("Pause", "Training waited at this step"),
    "knobs": ("Factor", "A key changed learning rate or beta"),
    "best": ("Best evaluation", "The lowest validation loss"),
    "rewind": ("Rewind", "Training went back to this step"),
    "alert": ("Alert", "Something looked wrong; see the log"),
}
"""The title and the meaning of each kind of annotation, for the help."""

_SHOWN_OF_DENSE: dict[MarkKind, int] = {"evaluation": 0, "checkpoint": 1}
"""For recurring kinds: how many annotations, the newest, to show if they are too dense."""

_DENSE = 4
"""Minimum mean distance in columns between annotations that are not too dense."""


def draw_marks(cells: Cells, y: int, x: int, scale: StepScale, marks: Iterable[Mark], unicode: bool) -> None:
    """Draw the annotations of a plot on a line.

    Each column shows its most important annotation.

    Args:
        cells: The picture to draw on.
        y: Line to draw on.
        x: Column of the plot's left edge.
        scale: The step axis, in cells.
        marks: The annotations.
        unicode: Whether the terminal can show more than ASCII.
    """
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


def mark_legend(unicode: bool) -> list[tuple[str, str, str]]:
    """Return the glyph, title and meaning of each kind of annotation, the most important first.

    Args:
        unicode: Whether the terminal can show more than ASCII.
    """
    return [(sign if unicode else plain, *_MEANINGS[kind]) for kind, (sign, plain, _) in reversed(list(SIGNS.items()))]


def marks_at(marks: Iterable[Mark], scale: StepScale, column: int) -> list[Mark]:
    """Return the annotations in a column, most important first."""
    order = list(SIGNS)
    first, last = scale.steps_in(column)
    found = [mark for mark in marks if first <= mark.step <= last]
    return sorted(found, key=lambda mark: -order.index(mark.kind))
