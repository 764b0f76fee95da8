"""Lay out sections of text side by side, in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations, pairwise

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from ..widgets.block import Block

GAP = 3
"""Cells between two columns, as the style sheet has them after each block."""


class Columns(Horizontal):
    """Show at most `most` columns of text; unused columns stay empty."""

    DEFAULT_CSS = """
    Columns {
        height: auto;
        width: 1fr;

        & > Block {
            width: 1fr;
            margin-right: 3;
        }
    }
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def compose(self) -> ComposeResult:
        """Compose one block per column."""
        for _ in range(self._most):
            yield Block()

    def show(self, columns: Sequence[Content]) -> None:
        """Show columns, filling from the left."""
        for index, block in enumerate(self.query(Block)):
            block.show(columns[index] if index < len(columns) else Content())


def in_columns(sections: Sequence[Sequence[Content]], number: int) -> list[Content]:
    """Return sections (lists of lines) as at most `number` columns of similar height."""
    number = min(number, len(sections))
    return [
        Content("\n").join(chain.from_iterable(sections[part]))
        for part in split_columns([len(lines) for lines in sections], number)
    ]


def split_columns(heights: Sequence[int], number: int) -> list[slice]:
    """Split sections, in order, into columns of minimal height.

    Args:
        heights: Lines of each section.
        number: Columns, at most the number of sections.

    Returns:
        The sections of each column, as slices.
    """
    best = min(
        ((0, *cuts, len(heights)) for cuts in combinations(range(1, len(heights)), number - 1)),
        key=lambda edges: max(sum(heights[start:end]) for start, end in pairwise(edges)),
    )
    return [slice(start, end) for start, end in pairwise(best)]
