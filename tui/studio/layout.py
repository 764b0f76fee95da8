"""The layout of the studio.

All sizes are in cells; a square image takes twice as many columns as lines, and other images as many more or fewer as
their aspect, their width per height, says.
"""

from __future__ import annotations

from dataclasses import dataclass

from .frame import MAX_ACROSS, MAX_STRIP

FULL = 14
"""Lines of an image of 28 pixels drawn in half-blocks."""

LARGEST = 3 * FULL
SMALLEST = 3
"""Minimum lines of a recognizable image."""

CLEAR = 5
"""Minimum lines of an image at which rows of images are one line apart."""

COLUMN = 36
"""Columns of the list of facts."""


@dataclass(frozen=True)
class Arrangement:
    """The sizes of the parts; a part of size 0 is hidden."""

    framed: bool
    """Whether parts have a full frame, or only a line above them."""
    large: int
    """Lines for the image in the middle."""
    large_width: int
    """Columns for the image in the middle."""
    small: int
    """Lines of an image of the strip or the pins."""
    small_width: int
    """Columns of an image of the strip or the pins."""
    shelves: int
    """Rows for the strip and the pins; a single row is shared by both."""
    facts: int
    """Columns of the facts at the side; 0 shows them as a line."""
    keys: int
    """Lines for the keys."""
    around: tuple[int, int]
    """Rows and columns of the neighborhood."""
    strip: int
    """Images of a strip."""

    @property
    def frame(self) -> tuple[int, int]:
        """Lines and columns of a part's frame."""
        return (2, 4) if self.framed else (1, 1)

    @property
    def shelf(self) -> int:
        """Lines of a row of small images, with captions and frame."""
        return self.small + 1 + self.frame[0]

    @property
    def middle(self) -> tuple[int, int]:
        """Lines and columns of the large image, with its frame."""
        return self.large + self.frame[0], self.large_width + self.frame[1]


def arrange_studio(width: int, height: int, aspect: float = 1.0) -> Arrangement:
    """Return the arrangement for a terminal size.

    The large image takes the lines that the rows below it leave, up to 36 % of the width.
    """
    framed = width >= 100 and height >= 30
    frame = 2 if framed else 1
    shelves = 2 if height >= 38 else 1 if height >= 18 else 0
    small = 6 if height >= 54 else 5 if height >= 46 else 4 if height >= 22 else SMALLEST
    facts = COLUMN if width >= 180 and framed else 0
    keys = 2 if framed and not facts else 1
    left = height - keys - (1 if facts else 2) - shelves * (small + 1 + frame) - frame
    most = int(0.36 * width)
    large = max(1, min(left, LARGEST, int(most / (2 * min(aspect, 1.0)))))
    large_width = min(most, image_columns(large, aspect))
    side = 4 if framed else 1
    around = neighbourhood(large, width - large_width - facts - 2 * side, aspect)
    strip = strip_length(width - side, small, MAX_STRIP, aspect) if shelves else 0
    small_width = image_columns(small, aspect)
    return Arrangement(framed, large, large_width, small, small_width, shelves, facts, keys, around, strip)


def image_columns(lines: int, aspect: float) -> int:
    """Return the columns of an image of some lines."""
    return max(1, round(2 * lines * aspect))


@dataclass(frozen=True)
class Grid:
    """A grid of images, each with `caption` lines below it.

    There is one column between and around the images.

    Without captions, rows of images are one line apart if there is room, or if the images are large enough.
    """

    rows: int
    columns: int
    lines: int
    """Lines of an image."""
    caption: int
    top: int
    left: int
    row_pitch: int
    column_pitch: int
    width: int
    """Columns of an image."""

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Return the line and column of an image's upper left corner."""
        return self.top + row * self.row_pitch, self.left + column * self.column_pitch


def fit_grid(height: int, width: int, rows: int, columns: int, caption: int = 0, aspect: float = 1.0) -> Grid | None:
    """Return the grid with the largest images that fit, or None.

    Images have at most LARGEST lines. Very wide ones are narrower than their shape where one line is too many.

    Args:
        height: Lines of the panel.
        width: Columns of the panel.
        rows: Rows of images.
        columns: Images per row.
        caption: Lines below each image.
        aspect: The width of an image per height.
    """
    widest = (width - 1) // columns - 1
    gap = 0 if caption else _gap(height, rows)
    lines = min(LARGEST, _lines(height, rows, gap) - caption, int(widest / (2 * aspect)))
    if aspect > 1 and lines == 0 and _lines(height, rows, gap) > caption:
        lines = 1
    if lines < 1 or widest < 1:
        return None
    gap = int(not caption and rows * (lines + 1) - 1 <= height)
    row_pitch = lines + caption + gap
    cells = min(widest, image_columns(lines, aspect))
    column_pitch = min(cells + 3, (width - 1) // columns)
    used = columns * column_pitch - (column_pitch - cells)
    return Grid(
        rows,
        columns,
        lines,
        caption,
        (height - rows * row_pitch + gap) // 2,
        max(1, (width - used) // 2),
        row_pitch,
        column_pitch,
        cells,
    )


def neighbourhood(height: int, width: int, aspect: float = 1.0) -> tuple[int, int]:
    """Return the rows and columns of the neighborhood, both odd.

    They are as many as stay legible, at least 1 by 1.
    """
    odd = range(MAX_ACROSS, 0, -2)
    clear = next(n for n in odd if n == 1 or _lines(height, n, 1) >= CLEAR)
    rows = clear if clear > 1 else 3 if height // 3 >= SMALLEST else 1
    for lines in range(min(FULL, _lines(height, rows, _gap(height, rows))), SMALLEST - 1, -1):
        columns = next((n for n in odd if n * (image_columns(lines, aspect) + 1) + 1 <= width), 0)
        if columns >= rows:
            return rows, columns
    return 1, 1


def _gap(height: int, rows: int) -> int:
    """Return the lines between rows: 1 if the images stay legible, or have no fewer lines for it."""
    apart = _lines(height, rows, 1)
    return int(apart >= CLEAR or apart == _lines(height, rows, 0))


def _lines(height: int, rows: int, gap: int) -> int:
    """Return the lines of each row, with `gap` lines between rows."""
    return (height + gap) // rows - gap


def strip_length(width: int, lines: int, most: int, aspect: float = 1.0) -> int:
    """Return how many images of some lines fit in a row.

    The number is odd, so that there is an image in the middle, or 0.
    """
    fitting = min(most, (width - 1) // (image_columns(lines, aspect) + 1))
    return max(0, fitting - (fitting + 1) % 2)
