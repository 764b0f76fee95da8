"""Where everything goes in a terminal. All sizes are in cells; a digit takes twice as many columns as lines."""

from __future__ import annotations

from dataclasses import dataclass

from .frame import MAX_ACROSS, MAX_STRIP

FULL = 14
"""Lines of a digit of 28 pixels in half-blocks."""

LARGEST = 3 * FULL
SMALLEST = 3
"""Lines below which a digit is no picture any more."""

CLEAR = 5
"""Lines from which on digits stand apart, with a line between those above each other."""

COLUMN = 36
"""Columns for the facts as a list of their own."""


@dataclass(frozen=True)
class Arrangement:
    """The sizes of the parts. What is nought is not there."""

    framed: bool
    """Parts have a frame; else only a line above."""
    large: int
    """Lines of the digit in the middle."""
    small: int
    """Lines of a digit of the strip and of the pins."""
    shelves: int
    """Rows for strip and pins: with one only, they share it."""
    facts: int
    """Columns of the facts at the side; 0: they are a line."""
    keys: int
    """Lines for the keys."""
    around: tuple[int, int]
    """Rows and columns of the neighbourhood."""
    strip: int
    """Digits of a strip."""

    @property
    def frame(self) -> tuple[int, int]:
        """Lines and columns that the frame of a part takes."""
        return (2, 4) if self.framed else (1, 1)

    @property
    def shelf(self) -> int:
        """Lines of a row of small digits with their captions and its frame."""
        return self.small + 1 + self.frame[0]

    @property
    def middle(self) -> tuple[int, int]:
        """Lines and columns of the large digit with its frame."""
        return self.large + self.frame[0], 2 * self.large + self.frame[1]


def arrange_studio(width: int, height: int) -> Arrangement:
    """The arrangement for a terminal: the large digit takes what the rows below it leave, up to 36 % of the width."""
    framed = width >= 100 and height >= 30
    frame = 2 if framed else 1
    shelves = 2 if height >= 36 else 1 if height >= 18 else 0
    small = 6 if height >= 54 else 5 if height >= 46 else 4 if height >= 22 else SMALLEST
    facts = COLUMN if width >= 180 and framed else 0
    keys = 2 if framed and not facts else 1
    left = height - keys - (1 if facts else 2) - shelves * (small + 1 + frame) - frame
    large = max(1, min(left, LARGEST, int(0.36 * width) // 2))
    side = 4 if framed else 1
    around = neighbourhood(large, width - 2 * large - facts - 2 * side)
    strip = strip_length(width - side, small, MAX_STRIP) if shelves else 0
    return Arrangement(framed, large, small, shelves, facts, keys, around, strip)


@dataclass(frozen=True)
class Grid:
    """A grid of digits, one column apart and around, each with `caption` lines below it.

    Without captions there is a line between them where they are large enough for it.
    """

    rows: int
    columns: int
    lines: int
    """Of a digit."""
    caption: int
    top: int
    left: int
    row_pitch: int
    column_pitch: int

    @property
    def width(self) -> int:
        """Columns of a digit."""
        return 2 * self.lines

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Line and column of a digit's upper left corner."""
        return self.top + row * self.row_pitch, self.left + column * self.column_pitch


def fit_grid(height: int, width: int, rows: int, columns: int, caption: int = 0) -> Grid | None:
    """The grid of so many digits, as large as they fit but at most LARGEST lines; None when they do not fit."""
    gap = int(not caption and _lines(height, rows, 1) >= CLEAR)
    lines = min(LARGEST, _lines(height, rows, gap) - caption, ((width - 1) // columns - 1) // 2)
    if lines < 1:
        return None
    row_pitch = lines + caption + gap
    column_pitch = min(2 * lines + 3, (width - 1) // columns)
    used = columns * column_pitch - (column_pitch - 2 * lines)
    return Grid(
        rows,
        columns,
        lines,
        caption,
        (height - rows * row_pitch + gap) // 2,
        max(1, (width - used) // 2),
        row_pitch,
        column_pitch,
    )


def neighbourhood(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the neighbourhood, both odd: as many as stay readable, or the middle alone."""
    odd = range(MAX_ACROSS, 0, -2)
    clear = next(n for n in odd if n == 1 or _lines(height, n, 1) >= CLEAR)
    rows, gap = (clear, 1) if clear > 1 else (3 if height // 3 >= SMALLEST else 1, 0)
    for lines in range(min(FULL, _lines(height, rows, gap)), SMALLEST - 1, -1):
        columns = next((n for n in odd if n * (2 * lines + 1) + 1 <= width), 0)
        if columns >= rows:
            return rows, columns
    return 1, 1


def _lines(height: int, rows: int, gap: int) -> int:
    """Lines that each of some rows has, with so many lines between them."""
    return (height + gap) // rows - gap


def strip_length(width: int, lines: int, most: int) -> int:
    """How many digits of so many lines fit in a row: an odd number, so that there is one in the middle; or none."""
    fitting = min(most, (width - 1) // (2 * lines + 1))
    return max(0, fitting - (fitting + 1) % 2)
