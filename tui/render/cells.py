"""Pictures made of terminal cells, and how to send them in few bytes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, UInt32
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..process.printable import printable

SPACE = ord(" ")


@dataclass(frozen=True)
class Cells:
    """A rectangle of terminal cells.

    Each cell has a code point of one column and an index into the panel's `StyleTable`.
    """

    glyphs: UInt32[np.ndarray, "height width"]
    styles: Int32[np.ndarray, "height width"]

    @classmethod
    def blank(cls, height: int, width: int) -> Cells:
        """Return a rectangle of spaces in style 0."""
        return cls(np.full((height, width), SPACE, np.uint32), np.zeros((height, width), np.int32))

    def write(self, y: int, x: int, text: str, style: int) -> int:
        """Write text on line `y` from column `x`; return the column after it.

        Text beyond the right edge is cut.

        A character that does not fill exactly one cell becomes a question mark.
        """
        height, width = self.glyphs.shape
        text = printable(text[: max(0, width - x)], keep="")
        if 0 <= y < height and x >= 0 and text:
            self.glyphs[y, x : x + len(text)] = [ord(c) if cell_len(c) == 1 else ord("?") for c in text]
            self.styles[y, x : x + len(text)] = style
        return x + len(text)

    def columns(self, part: slice) -> Cells:
        """Return some of the columns, as a view."""
        return Cells(self.glyphs[:, part], self.styles[:, part])

    def paste(self, other: Cells, y: int, x: int) -> None:
        """Copy a rectangle to line `y` and column `x`, where it must fit."""
        height, width = other.glyphs.shape
        self.glyphs[y : y + height, x : x + width] = other.glyphs
        self.styles[y : y + height, x : x + width] = other.styles


class StyleTable:
    """The styles that cells refer to by index; index 0 is the panel's background."""

    def __init__(self, styles: Sequence[Style]) -> None:
        self.styles = tuple(styles)
        background = self.styles[0].bgcolor
        self.plain: Bool[np.ndarray, " styles"] = np.array(
            [style.bgcolor == background and not (style.reverse or style.underline) for style in styles]
        )
        """Whether a space in each style looks like one in style 0."""


def render_strip(cells: Cells, y: int, table: StyleTable) -> Strip:
    """Render a line as one segment per run of cells of the same style.

    Spaces that show only the panel's background take the style of the cell before them, so that they do not start a
    new run: each run costs about 30 bytes.
    """
    glyphs, styles = cells.glyphs[y], cells.styles[y]
    if not len(glyphs):
        return Strip([], 0)
    free = (glyphs == SPACE) & table.plain[styles]
    if not free.all():
        before = np.maximum.accumulate(np.where(free, 0, np.arange(len(glyphs))))
        before[: np.argmin(free)] = np.argmin(free)  # leading spaces take the style of the first cell after them
        styles = np.where(free & table.plain[styles[before]], styles[before], styles)
    bounds = [0, *(np.flatnonzero(np.diff(styles)) + 1).tolist(), len(glyphs)]
    segments = [
        Segment(glyphs[first:last].tobytes().decode("utf-32-le"), table.styles[styles[first]])
        for first, last in itertools.pairwise(bounds)
    ]
    return Strip(segments, len(glyphs))


def changed_spans(old: Cells, new: Cells) -> list[tuple[int, int, int]]:
    """Return where two pictures of the same size differ.

    There is one tuple (line, first column, end column) for each changed line.
    """
    differs = (old.glyphs != new.glyphs) | (old.styles != new.styles)
    spans = []
    for y in np.flatnonzero(differs.any(axis=1)).tolist():
        columns = np.flatnonzero(differs[y])
        spans.append((y, int(columns[0]), int(columns[-1]) + 1))
    return spans
