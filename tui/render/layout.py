"""Where the digits of all classes go in a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass

FULL_LINES = 14
"""Lines of a digit of 28 pixels in half-blocks: its full size."""

SMALLEST_LINES = 3
"""Lines below which a digit is no picture any more."""


@dataclass(frozen=True)
class Layout:
    """Blocks of one class each, `columns` next to one another; a block is a small grid of digits.

    All sizes are in cells.
    """

    digit_height: int
    digit_width: int
    columns: int
    """Blocks next to one another."""
    rows: int
    """Lines of blocks."""
    across: int
    """Digits of a class next to one another."""
    down: int
    """Digits of a class above one another."""
    caption: int
    """Lines above the digits of a block, for the name of its class."""
    top: int
    left: int
    column_pitch: int
    row_pitch: int

    @property
    def classes(self) -> int:
        """Classes that have room."""
        return self.columns * self.rows

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of the block of a class."""
        row, column = divmod(index, self.columns)
        return self.top + row * self.row_pitch, self.left + column * self.column_pitch


def arrange(height: int, width: int, *, classes: int, digits: int, side: int, caption: int) -> Layout | None:
    """The layout that shows digits best: all classes first, then large digits, then many.

    Size comes long before number: twice the pixels are worth sixteen times the digits. More pixels than an image
    has are worth nothing. Digits may be a tenth narrower than high. None when not even one fits.

    Args:
        height: Lines of the panel.
        width: Cells of the panel.
        classes: Classes to show.
        digits: Digits that there are of each.
        side: Pixels of a digit in each direction, as far as there is ink.
        caption: Lines for the name of a class above its digits.
    """
    best: tuple[tuple[float, ...], Layout] | None = None
    sizes = [FULL_LINES, *range(min(FULL_LINES - 1, math.ceil(side / 2)), SMALLEST_LINES - 1, -1)]
    for lines in sizes:
        for cells in range(2 * lines, math.ceil(1.8 * lines) - 1, -1):
            for columns in range(1, min(classes, width // cells) + 1):
                rows = min(math.ceil(classes / columns), height // (lines + caption))
                if rows == 0:
                    continue
                across = min(digits, width // columns // cells)
                down = min(math.ceil(digits / across), (height // rows - caption) // lines)
                shown = min(classes, rows * columns)
                count = min(digits, across * down)
                score = (shown, min(2 * lines, side) * min(cells, side) * count**0.25, lines, cells)
                if best is None or score > best[0]:
                    best = score, _fit(height, width, lines, cells, columns, rows, across, down, caption)
    return best[1] if best else None


def _fit(
    height: int, width: int, lines: int, cells: int, columns: int, rows: int, across: int, down: int, caption: int
) -> Layout:
    """Spread the blocks over the panel, at most two cells and one line apart, in its middle."""
    block_height, block_width = caption + down * lines, across * cells
    column_pitch = min(block_width + 2, (width - block_width) // (columns - 1) if columns > 1 else block_width)
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
        caption=caption,
        top=(height - used_height) // 2,
        left=(width - used_width) // 2,
        column_pitch=column_pitch,
        row_pitch=row_pitch,
    )
