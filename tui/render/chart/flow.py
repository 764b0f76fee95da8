"""Lay out items on a few lines; the least important are left out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..cells import Cells


@dataclass(frozen=True)
class Item:
    """A fact as (text, style) words.

    The higher the rank, the sooner the item is left out.
    """

    words: tuple[tuple[str, int], ...]
    rank: int = 0

    @property
    def width(self) -> int:
        """The columns of the item, with a space between words."""
        return sum(len(text) for text, _ in self.words) + len(self.words) - 1


def arrange_items(variants: Sequence[Sequence[Item]], width: int, lines: int) -> list[list[Item]]:
    """Distribute items over lines.

    Args:
        variants: The items in several lengths, longest first. The first variant that fits is taken; if none fits, items
            of the last one are left out by rank.
        width: Columns of a line.
        lines: Maximum number of lines.
    """
    for items in variants:
        if _has_room(items, width, lines):
            return _flow(items, width)
    left = list(variants[-1])
    while not _has_room(left, width, lines):
        left.remove(max(reversed(left), key=lambda item: item.rank))
    return _flow(left, width)


def write(cells: Cells, y: int, line: Sequence[Item], x: int = 0, end: int | None = None) -> None:
    """Write items on line `y` from column `x` to `end`.

    Items are two spaces apart if they fit, or else one.
    """
    width = (cells.glyphs.shape[1] if end is None else end) - x
    gap = 2 if sum(item.width for item in line) + 2 * (len(line) - 1) <= width else 1
    for item in line:
        for text, ink in item.words:
            x = cells.write(y, x, text, ink) + 1
        x += gap - 1


def _flow(items: Sequence[Item], width: int) -> list[list[Item]]:
    lines: list[list[Item]] = []
    used = width
    for item in items:
        if not lines or used + 1 + item.width > width:
            lines.append([])
            used = -1
        lines[-1].append(item)
        used += 1 + item.width
    return lines


def _has_room(items: Sequence[Item], width: int, lines: int) -> bool:
    return len(_flow(items, width)) <= lines and all(item.width <= width for item in items)
