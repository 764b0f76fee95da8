"""Divide the terminal among the panels: pure functions from sizes to regions.

Where lines are short, panels give way in the reverse order of `_claims`. No panel is cut: it has all lines of its
region, or is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.geometry import Region, Size

from ..render.class_layout import SMALLEST_LINES, large_lines

PanelName = Literal["curves", "images", "status", "schedule", "map", "log"]

SMALLEST = Size(60, 18)
SMALLEST_STACKED = Size(40, 40)
"""Smallest terminals: with panels side by side, and with all panels in one column."""

NARROW_FACTS = 30
"""Columns of the panels at the right on a terminal of less than 100 columns."""

WIDE = 160
"""Minimum columns of a terminal with the curves beside the images."""

CLASSES = 10
"""The number of classes that the images panel has room for; more classes have smaller images."""

PIXELS = 28
"""The pixels of an image, in each direction, that the images panel has room for."""

ENDLESS = 10_000
"""More lines than a terminal has."""


@dataclass(frozen=True)
class Column:
    """Panels above one another."""

    x: int
    width: int
    panels: tuple[PanelName, ...]


@dataclass(frozen=True)
class Shape:
    """What depends on the terminal's size only: the columns, and the kind of border."""

    height: int
    """Lines for the panels, above the line of keys."""
    columns: tuple[Column, ...]
    framed: bool
    """Whether panels have a full border, or only a line above them."""

    @property
    def border(self) -> tuple[int, int]:
        """Lines and columns of a panel's border and padding."""
        return (2, 4) if self.framed else (1, 1)

    def width(self, panel: PanelName) -> int:
        """Return the columns inside a panel's border."""
        return next(column.width for column in self.columns if panel in column.panels) - self.border[1]


@dataclass(frozen=True)
class Arrangement:
    """The regions of the shown panels, and the lines of the shown rows of the status panel."""

    regions: Mapping[PanelName, Region]
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _Claim:
    """A wish of a panel for lines inside its border."""

    panel: PanelName
    lines: int
    """Lines of the panel in all; of the status panel, further lines for `row`."""
    row: str = ""
    least: int = 1
    """The least lines with which the panel is of use."""


def shape_of(size: Size) -> Shape | None:
    """Return the shape for a terminal size; None if the terminal is too small."""
    width, height = size.width, size.height - 1
    facts: tuple[PanelName, ...] = ("status", "schedule", "map", "log")
    if _holds(size, SMALLEST_STACKED) and width < 100 and (width < SMALLEST.width or height >= 53):
        return Shape(height, (Column(0, width, ("curves", "images", *facts)),), framed=True)
    if not _holds(size, SMALLEST):
        return None
    right = NARROW_FACTS if width < 100 else round(min(0.35 * width, max(50, width / 4)))
    left = width - right
    framed = width >= 100 and size.height >= 30
    if width >= WIDE and size.height < 30:
        images = round(0.6 * left)
        pictures = (Column(0, left - images, ("curves",)), Column(left - images, images, ("images",)))
    else:
        pictures = (Column(0, left, ("curves", "images")),)
    return Shape(height, (*pictures, Column(left, right, facts)), framed)


def _holds(size: Size, smallest: Size) -> bool:
    return size.width >= smallest.width and size.height >= smallest.height


def arrange_panels(shape: Shape, rows: Mapping[str, int]) -> Arrangement:
    """Grant the panels of each column their claims, in order, while there are lines.

    Args:
        shape: The columns.
        rows: The lines of each row of the status panel.
    """
    regions: dict[PanelName, Region] = {}
    granted: dict[str, int] = {}
    border, _ = shape.border
    claims = tuple(_claims(rows, _images_lines(shape.width("images"))))
    for column in shape.columns:
        heights: dict[PanelName, int] = dict.fromkeys(column.panels, 0)
        left = shape.height
        for claim in claims:
            if claim.panel not in heights:
                continue
            has = heights[claim.panel]
            room = left if has else left - border
            wish = claim.lines if claim.row else claim.lines - max(0, has - border)
            lines = min(wish, room)
            if lines < (1 if has else claim.least):
                continue
            heights[claim.panel] += lines if has else lines + border
            left -= lines if has else lines + border
            if claim.row:
                granted[claim.row] = granted.get(claim.row, 0) + lines
        y = 0
        for panel, height in heights.items():
            if height:
                regions[panel] = Region(column.x, y, column.width, height)
            y += height
    return Arrangement(regions, granted)


def _claims(rows: Mapping[str, int], images: int) -> Iterator[_Claim]:
    """Yield what the panels need, the most important first."""

    def status(*names: str) -> Iterator[_Claim]:
        yield from (_Claim("status", rows[name], name) for name in names if rows.get(name))

    note = rows.get("note", 0)
    yield from status("state", "bar", "aside", "trouble")
    yield _Claim("curves", 6, least=5)
    yield from status("step", "epoch", "rate", "beta")
    yield _Claim("log", 1)
    yield _Claim("images", 8, least=SMALLEST_LINES)
    yield from status("validation", "test", "speed", "saved")
    yield _Claim("schedule", 3, least=2)
    yield from [_Claim("status", 1, "note")] if note else []
    yield _Claim("curves", 9)
    yield _Claim("log", 3)
    yield from [_Claim("status", note - 1, "note")] if note else []
    yield from status("run", "data")
    yield _Claim("images", images)
    yield from status("images", "active", "source", "parameters")
    yield _Claim("schedule", 5)
    yield _Claim("log", 5)
    yield _Claim("curves", 14)
    yield from status("screen", "system", "device", "disk")
    yield _Claim("schedule", 7)
    yield _Claim("map", 15, least=13)
    yield _Claim("schedule", 10)
    yield _Claim("log", 12)
    yield _Claim("curves", ENDLESS)
    yield _Claim("log", ENDLESS)
    yield _Claim("images", ENDLESS)


def _images_lines(width: int) -> int:
    """Return the lines that the images of ten classes fill, with a heading and a line between rows."""
    sizes = {columns: _size((width + 1) // columns - 1) for columns in (5, 4, 3)}
    columns = next((columns for columns, lines in sizes.items() if lines >= 6), 5)
    rows = math.ceil(CLASSES / columns)
    return rows * (max(SMALLEST_LINES, sizes[columns]) + 1)


def _size(cells: int) -> int:
    """Return the lines of an image that is at most some cells wide."""
    lines = int(cells / 1.8)
    return next((large for large in large_lines(PIXELS) if 2 * large <= cells), lines)
