"""Divide the terminal among the panels of a comparison: pure functions from sizes to regions."""

from __future__ import annotations

from typing import Literal, NamedTuple

from textual.geometry import Region, Size

ComparePanel = Literal["differences", "curves", "images"]

SMALLEST = Size(60, 18)
"""The smallest terminal."""

_LEAST_CURVES, _LEAST_IMAGES = 7, 4
"""Lines inside the border of a panel that is of use."""


class CompareShape(NamedTuple):
    """Where the panels are, and whether they have a full border."""

    regions: dict[ComparePanel, Region]
    framed: bool


def is_framed(size: Size) -> bool:
    """Return whether panels have a full border, or only a line above them."""
    return size.width >= 100 and size.height >= 30


def arrange_comparison(size: Size, wanted: tuple[int, int], images_lines: int) -> CompareShape | None:
    """Stack the panels; return None if the terminal is too small.

    Args:
        size: The terminal's size; its last line is for the keys.
        wanted: Lines of the table with the differences, and of the table with the results, too.
        images_lines: Lines that the images can use.
    """
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return None
    framed = is_framed(size)
    border = 2 if framed else 1
    left = size.height - 1 - 3 * border
    images, curves = _LEAST_IMAGES, _LEAST_CURVES
    table = min(wanted[0], left - images - curves)
    left -= table + images + curves
    curves, left = _grow(curves, 12, left)
    table, left = _grow(table, min(wanted[1], table + 3), left)
    images, left = _grow(images, min(images_lines, 8), left)
    curves, left = _grow(curves, 16, left)
    table, left = _grow(table, wanted[1], left)
    images, left = _grow(images, images_lines, left)
    heights: dict[ComparePanel, int] = {"differences": table, "curves": curves + left, "images": images}
    regions: dict[ComparePanel, Region] = {}
    y = 0
    for panel, height in heights.items():
        regions[panel] = Region(0, y, size.width, height + border)
        y += height + border
    return CompareShape(regions, framed)


def _grow(lines: int, wish: int, left: int) -> tuple[int, int]:
    """Return the lines of a panel that wishes for more, and the lines that are left."""
    more = max(0, min(wish - lines, left))
    return lines + more, left - more
