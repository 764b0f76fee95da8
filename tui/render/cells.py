"""Pictures made of terminal cells, and how to send them in few bytes."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int32, UInt32
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..process.printable import printable
from .palette import color_pair

SPACE = ord(" ")

REST = 0
"""The glyph of the second cell of a character that is two cells wide."""

COLORED = 1 << 30
"""Styles from this one on are pairs of colors, in the numbers of `color_pair`; every table has them."""


@dataclass(frozen=True)
class Cells:
    """A rectangle of terminal cells.

    Each cell has a code point and an index into the panel's `StyleTable`. A code point of two columns is followed by
    REST.
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

        Characters without a width of their own, as accents or the parts of an emoji that join it, are left out unless
        Unicode has the whole as one character.
        """
        height, width = self.glyphs.shape
        text = printable(unicodedata.normalize("NFC", text), keep="")
        codes = [code for character in text for code in (ord(character), REST)[: cell_len(character)]]
        codes = codes[: max(0, width - x)]
        if codes and cell_len(chr(codes[-1])) > 1:  # its second cell was cut
            codes[-1] = SPACE
        if 0 <= y < height and x >= 0 and codes:
            for half, beyond in ((x - 1, x), (x + len(codes), x + len(codes))):
                if beyond < width and self.glyphs[y, beyond] == REST:  # half of a wide character is overwritten
                    self.glyphs[y, half] = SPACE
            self.glyphs[y, x : x + len(codes)] = codes
            self.styles[y, x : x + len(codes)] = style
        return x + len(codes)

    def keep_whole(self, boundary: int) -> None:
        """Move wide characters that cross a boundary behind it, with what follows up to the next space."""
        for y in np.flatnonzero(self.glyphs[:, boundary] == REST).tolist():
            line, styles = self.glyphs[y], self.styles[y]
            spaces = np.flatnonzero(line[boundary:] == SPACE)
            end = boundary + int(spaces[0]) if len(spaces) else len(line) - 1
            line[boundary : end + 1], styles[boundary : end + 1] = line[boundary - 1 : end].copy(), styles[boundary - 1]
            line[boundary - 1] = SPACE

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

    def style(self, index: int) -> Style:
        """Return the style of an index."""
        return self.styles[index] if index < COLORED else color_pair(index - COLORED)

    def looks_plain(self, styles: Int32[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Return whether a space in each of some styles looks like one in style 0."""
        known = styles < COLORED
        return known & self.plain[np.where(known, styles, 0)]


def render_strip(cells: Cells, y: int, table: StyleTable) -> Strip:
    """Render a line as one segment per run of cells of the same style.

    Spaces that show only the panel's background take the style of the cell before them, so that they do not start a
    new run: each run costs about 30 bytes.
    """
    glyphs, styles = cells.glyphs[y], cells.styles[y]
    if not len(glyphs):
        return Strip([], 0)
    free = (glyphs == SPACE) & table.looks_plain(styles)
    if not free.all():
        before = np.maximum.accumulate(np.where(free, 0, np.arange(len(glyphs))))
        before[: np.argmin(free)] = np.argmin(free)  # leading spaces take the style of the first cell after them
        styles = np.where(free & table.looks_plain(styles[before]), styles[before], styles)
    glyphs = _whole_glyphs(glyphs)
    bounds = [0, *(np.flatnonzero(np.diff(styles)) + 1).tolist(), len(glyphs)]
    segments = [
        Segment(_text(glyphs[first:last]), table.style(int(styles[first])))
        for first, last in itertools.pairwise(bounds)
    ]
    return Strip(segments, len(glyphs))


def _text(glyphs: UInt32[np.ndarray, " n"]) -> str:
    return glyphs.tobytes().decode("utf-32-le").replace(chr(REST), "")


def _whole_glyphs(glyphs: UInt32[np.ndarray, " width"]) -> UInt32[np.ndarray, " width"]:
    """Return a line of cells with spaces for what its ends cut off a wide character."""
    last = chr(glyphs[-1])
    if glyphs[0] != REST and (last.isascii() or cell_len(last) < 2):
        return glyphs
    glyphs = glyphs.copy()
    if glyphs[0] == REST:
        glyphs[0] = SPACE
    if cell_len(last) > 1:
        glyphs[-1] = SPACE
    return glyphs


def changed_spans(old: Cells, new: Cells) -> list[tuple[int, int, int]]:
    """Return where two pictures of the same size differ.

    There is one tuple (line, first column, end column) for each changed line.
    """
    differs = (old.glyphs != new.glyphs) | (old.styles != new.styles)
    spans = []
    for y in np.flatnonzero(differs.any(axis=1)).tolist():
        columns = np.flatnonzero(differs[y])
        first, end = int(columns[0]), int(columns[-1]) + 1
        if (new.glyphs[y, end : end + 1] == REST).any():  # a wide character is sent whole
            end += 1
        spans.append((y, first, end))
    return spans
