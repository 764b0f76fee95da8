"""Facts beside one another on a line or two: as many as have room, the most important in any case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..cells import Cells


@dataclass(frozen=True)
class Item:
    """A fact in a few words, each with the number of its style. The higher the rank, the sooner it is left out."""

    words: tuple[tuple[str, int], ...]
    rank: int = 0

    @property
    def width(self) -> int:
        """Its columns, with a space between its words."""
        return sum(len(text) for text, _ in self.words) + len(self.words) - 1


def arrange_items(variants: Sequence[Sequence[Item]], width: int, lines: int) -> list[list[Item]]:
    """Share facts out to at most so many lines.

    The first variant that has room is taken; from the last one facts are left out, by rank, until it has.
    """
    for items in variants:
        if _has_room(items, width, lines):
            return _flow(items, width)
    left = list(variants[-1])
    while not _has_room(left, width, lines):
        left.remove(max(reversed(left), key=lambda item: item.rank))
    return _flow(left, width)


def write(cells: Cells, y: int, line: Sequence[Item], x: int = 0, end: int | None = None) -> None:
    """Put facts on a line from column `x` to `end`, one or two spaces apart, as the room allows."""
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
