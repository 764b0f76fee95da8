"""Arrange the digits of all classes in a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

FULL_LINES = 14
"""Lines of a full-size digit: 28 pixels in half-blocks."""

LARGE_LINES = (3 * FULL_LINES, 2 * FULL_LINES, 3 * FULL_LINES // 2, FULL_LINES)
"""Lines of digits that show all pixels: enlarged by 3, 2 or 1.5, or at full size."""

SMALLEST_LINES = 3
"""Minimum lines of a recognizable digit."""

_NARROWEST = 1.8
"""Minimum columns per line of a digit, rounded down; 2 is the true shape."""


@dataclass(frozen=True)
class Layout:
    """A grid of blocks, one per class.

    A block has `parts` side by side, each a small grid of digits.

    All sizes are in cells.
    """

    digit_height: int
    digit_width: int
    columns: int
    """Blocks per row."""
    rows: int
    """Rows of blocks."""
    across: int
    """Digits of a part per row."""
    down: int
    """Rows of digits in a part."""
    parts: int
    """Parts of a block, side by side, one cell apart."""
    caption: int
    """Lines above the digits of a block, for the class name."""
    top: int
    left: int
    column_pitch: int
    row_pitch: int

    @property
    def classes(self) -> int:
        """The number of classes that fit."""
        return self.columns * self.rows

    @property
    def shown(self) -> int:
        """The number of digits of a part that fit."""
        return self.across * self.down

    @property
    def part_pitch(self) -> int:
        """Columns from one part of a block to the next."""
        return self.across * self.digit_width + 1

    @property
    def block_width(self) -> int:
        """Columns of a block."""
        return self.parts * self.part_pitch - 1

    def place(self, index: int) -> tuple[int, int]:
        """Return the line and column of a class's block."""
        row, column = divmod(index, self.columns)
        return self.top + row * self.row_pitch, self.left + column * self.column_pitch

    def digit(self, index: int, part: int, number: int) -> tuple[int, int]:
        """Return a digit's line and column in its class's block."""
        y, x = self.place(index)
        row, column = divmod(number, self.across)
        return (
            y + self.caption + row * self.digit_height,
            x + part * self.part_pitch + column * self.digit_width,
        )


@lru_cache(maxsize=32)
def arrange_classes(
    height: int, width: int, *, classes: int, digits: int, side: int, caption: int, parts: int = 1
) -> Layout | None:
    """Return the best layout of digits for a panel.

    The best layout shows all classes first, then large digits, then many digits.

    Size outweighs number: twice the pixels are worth sixteen times the digits. An enlarged digit is worth less than the
    digits of full size that have room in its place. A line between rows of digits is worth a seventh of their lines
    if digits have more, and empty places are avoided. Digits may be a tenth narrower than their true shape.

    Args:
        height: Lines of the panel.
        width: Cells of the panel.
        classes: Classes to show.
        digits: Available digits per class and part.
        side: Pixels of a digit in each direction, without the empty margin.
        caption: Lines for the class name above the digits.
        parts: Kinds of digits to show per class, side by side.

    Returns:
        The layout, or None if not even one digit fits.
    """
    best: tuple[tuple[float, ...], Layout] | None = None
    sizes = [*LARGE_LINES, *range(min(FULL_LINES - 1, math.ceil(side / 2)), SMALLEST_LINES - 1, -1)]
    gaps = parts - 1
    for lines in sizes:
        for cells in range(2 * lines, int(_NARROWEST * lines) - 1 if lines < FULL_LINES else 2 * lines - 1, -1):
            for columns in range(1, min(classes, width // (parts * cells + gaps)) + 1):
                rows = min(math.ceil(classes / columns), height // (lines + caption))
                if rows == 0:
                    continue
                across = min(digits, (width // columns - gaps) // parts // cells)
                down = min(math.ceil(digits / across), (height // rows - caption) // lines)
                layout = _fit(height, width, lines, cells, columns, rows, across, down, parts, caption)
                score = (min(classes, layout.classes), _worth(layout, classes, digits, side), lines, cells)
                if best is None or score > best[0]:
                    best = score, layout
    return best[1] if best else None


def _worth(layout: Layout, classes: int, digits: int, side: int) -> float:
    """Return how good a layout is, compared with others that show as many classes.

    The worth grows with the pixels that a digit shows of those of its image, much less with the number of digits, and
    still less by enlarging them.
    """
    pixels = min(2 * layout.digit_height, side) * min(layout.digit_width, side)
    enlarged = max(1.0, layout.digit_height / FULL_LINES)
    worth = pixels * min(digits, layout.shown) ** 0.25 * enlarged**0.4
    touching = layout.rows > 1 and not layout.caption and layout.row_pitch == layout.down * layout.digit_height
    used = min(classes, layout.classes) / layout.classes
    return worth * used * (0.7 if touching else 1.0)


def _fit(
    height: int,
    width: int,
    lines: int,
    cells: int,
    columns: int,
    rows: int,
    across: int,
    down: int,
    parts: int,
    caption: int,
) -> Layout:
    """Spread the blocks over the panel and center them.

    Blocks are at most two columns (three if they have parts) and one line apart.
    """
    block_height, block_width = caption + down * lines, parts * across * cells + parts - 1
    most = 2 if parts == 1 else 3
    column_pitch = min(block_width + most, (width - block_width) // (columns - 1) if columns > 1 else block_width)
    row_pitch = min(block_height + 1, (height - block_height) // (rows - 1) if rows > 1 else block_height)
    used_width = column_pitch * (columns - 1) + block_width
    used_height = row_pitch * (rows - 1) + block_height
    return Layout(
        digit_height=lines,
        digit_width=cells,
        columns=columns,
        rows=rows,
        across=across,
        down=down,
        parts=parts,
        caption=caption,
        top=(height - used_height) // 2,
        left=(width - used_width) // 2,
        column_pitch=column_pitch,
        row_pitch=row_pitch,
    )
