"""Sections of text side by side, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations, pairwise

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from ..widgets import Block

GAP = 3
"""Cells between two columns, as the style sheet has them after each block."""


class Columns(Horizontal):
    """At most `most` columns; those that nothing is shown in stay empty."""

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
        """One block a column."""
        for _ in range(self._most):
            yield Block()

    def show(self, columns: Sequence[Content]) -> None:
        """Show some columns, from the left."""
        for index, block in enumerate(self.query(Block)):
            block.show(columns[index] if index < len(columns) else Content())


def in_columns(sections: Sequence[Sequence[Content]], number: int) -> list[Content]:
    """Sections, each a list of lines, in at most `number` columns of much the same height."""
    number = min(number, len(sections))
    return [
        Content("\n").join(chain.from_iterable(sections[part]))
        for part in split_columns([len(lines) for lines in sections], number)
    ]


def split_columns(heights: Sequence[int], number: int) -> list[slice]:
    """Cut a sequence of sections into `number` columns, in their order, so that the highest is as low as can be."""
    best = min(
        ((0, *cuts, len(heights)) for cuts in combinations(range(1, len(heights)), number - 1)),
        key=lambda edges: max(sum(heights[start:end]) for start, end in pairwise(edges)),
    )
    return [slice(start, end) for start, end in pairwise(best)]
