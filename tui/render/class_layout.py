"""Arrange the images of all classes in a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial

SMALLEST_LINES = 3
"""Minimum lines of a recognizable square image."""

LEGIBLE_LINES = 6
"""Minimum lines of a square image that one can tell from those of very many classes."""

LARGEST_LINES = 42
"""Maximum lines of an image that is enlarged more than three times."""

READABLE_LINES = 10
"""Lines up to which a larger image is worth more than the others of its class that have room in its place."""

ALWAYS_TOGETHER = 10
"""Classes that are shown on one page, however small."""

_NARROWEST = 1.8
"""Minimum columns per line of a square image, rounded down; 2 is the true shape."""


def full_lines(height: int) -> int:
    """Return the lines of an image at full size: in half-blocks, two pixels a line."""
    return math.ceil(height / 2)


def large_lines(height: int) -> tuple[int, ...]:
    """Return the lines of images that show all pixels: full size, or enlarged by 1.5, 2, 3 and more, largest first."""
    full = full_lines(height)
    more = range(4 * full, LARGEST_LINES + 1, full)
    return (*reversed(more), 3 * full, 2 * full, 3 * full // 2, full)


@dataclass(frozen=True)
class ImageSize:
    """The pixels of an image, and how many of them at each border are empty."""

    height: int
    width: int
    margin: int = 0

    @property
    def aspect(self) -> float:
        """Width per height."""
        return self.width / self.height

    @property
    def inner(self) -> tuple[int, int]:
        """Rows and columns within the empty border."""
        return self.height - 2 * self.margin, self.width - 2 * self.margin

    def columns(self, lines: int, per_line: float = 2) -> int:
        """Return the columns of an image of some lines; with fewer than two per line, it is narrower than it was."""
        exact = per_line * lines * self.aspect
        return max(1, round(exact) if per_line == 2 else int(exact))

    def fewest_lines(self, square: int, room: int) -> int:
        """Return the lines of an image with as many cells as a square one of some lines.

        Args:
            square: Lines of the square image.
            room: Lines that there are: tall images get no more, if a square one fits.
        """
        lines = max(1, round(square / math.sqrt(self.aspect)))
        return min(lines, max(square, room))


@dataclass(frozen=True)
class Layout:
    """A grid of blocks, one per class.

    A block has `parts` side by side, each a small grid of images.

    All sizes are in cells.
    """

    image_height: int
    image_width: int
    gap: int
    """Columns between images."""
    columns: int
    """Blocks per row."""
    rows: int
    """Rows of blocks."""
    across: int
    """Images of a part per row."""
    down: int
    """Rows of images in a part."""
    parts: int
    """Parts of a block, side by side, one cell apart."""
    caption: int
    """Lines above the images of a block, for the class name."""
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
        """The number of images of a part that fit."""
        return self.across * self.down

    @property
    def part_pitch(self) -> int:
        """Columns from one part of a block to the next."""
        return self.across * (self.image_width + self.gap) - self.gap + 1

    @property
    def block_width(self) -> int:
        """Columns of a block."""
        return self.parts * self.part_pitch - 1

    def place(self, index: int) -> tuple[int, int]:
        """Return the line and column of a class's block."""
        row, column = divmod(index, self.columns)
        return self.top + row * self.row_pitch, self.left + column * self.column_pitch

    def image(self, index: int, part: int, number: int) -> tuple[int, int]:
        """Return an image's line and column in its class's block."""
        y, x = self.place(index)
        row, column = divmod(number, self.across)
        return (
            y + self.caption + row * self.image_height,
            x + part * self.part_pitch + column * (self.image_width + self.gap),
        )


@lru_cache(maxsize=32)
def arrange_pages(
    height: int, width: int, *, classes: int, images: int, size: ImageSize, caption: int, gap: int = 0, parts: int = 1
) -> tuple[Layout, int] | None:
    """Return the best layout of images, and how many classes of it are on a page.

    All classes are on one page if they are few or remain legible; else there are as few pages as possible, of nearly
    as many classes each, and of ten if those that stay legible are fewer. See `arrange_classes` for the arguments, and
    for None.
    """
    arrange = partial(arrange_classes, height, width, images=images, size=size, caption=caption, gap=gap, parts=parts)
    layout = arrange(classes=classes)
    if layout is None or (layout.classes >= classes and classes <= ALWAYS_TOGETHER):
        return (layout, classes) if layout else None
    paged = partial(arrange, smallest=LEGIBLE_LINES, row_gap=1 - caption)  # rows that touch are hard to tell apart
    legible = paged(classes=classes)
    most = max(legible.classes if legible else 0, min(layout.classes, ALWAYS_TOGETHER))
    on_page = math.ceil(classes / math.ceil(classes / most))
    return (arrange if on_page <= ALWAYS_TOGETHER else paged)(classes=on_page) or layout, on_page


@lru_cache(maxsize=32)
def arrange_classes(
    height: int,
    width: int,
    *,
    classes: int,
    images: int,
    size: ImageSize,
    caption: int,
    gap: int = 0,
    parts: int = 1,
    smallest: int = SMALLEST_LINES,
    row_gap: int = 0,
) -> Layout | None:
    """Return the best layout of images for a panel.

    The best layout shows all classes first, then large images, then many images.

    Size outweighs number: twice the pixels are worth sixteen times the images. An enlarged image is worth less than the
    images of full size that have room in its place. A line between rows of images is worth a seventh of their lines
    if images have more, and empty places are avoided. Images may be a tenth narrower than their true shape; wide images
    of the fewest lines may be as narrow as the panel.

    Args:
        height: Lines of the panel.
        width: Cells of the panel.
        classes: Classes to show.
        images: Available images per class and part.
        size: Pixels of an image.
        caption: Lines for the class name above the images.
        gap: Least columns between images.
        parts: Kinds of images to show per class, side by side.
        smallest: Minimum lines of a square image.
        row_gap: Least lines between the rows of classes.

    Returns:
        The layout, or None if not even one image fits.
    """
    best: tuple[tuple[float, ...], Layout] | None = None
    full, dividers = full_lines(size.height), parts - 1
    fewest = size.fewest_lines(smallest, height - caption)
    smaller = range(min(full - 1, math.ceil(size.inner[0] / 2)), fewest - 1, -1)
    for lines in (*large_lines(size.height), *smaller):
        true = size.columns(lines)
        narrowest = size.columns(lines, _NARROWEST) if lines < full else true
        squeezed = [(width - dividers) // parts] if lines == fewest and size.aspect > 1 else []
        for cells in [*range(true, narrowest - 1, -1), *(cells for cells in squeezed if 0 < cells < narrowest)]:
            for columns in range(1, min(classes, (width + gap) // (parts * cells + dividers + gap)) + 1):
                rows = min(math.ceil(classes / columns), (height + row_gap) // (lines + caption + row_gap))
                if rows == 0:
                    continue
                part = ((width + gap) // columns - gap - dividers) // parts
                across = min(images, (part + gap) // (cells + gap))
                down = min(math.ceil(images / across), ((height + row_gap) // rows - row_gap - caption) // lines)
                layout = _fit(height, width, lines, cells, gap, columns, rows, across, down, parts, caption)
                score = (min(classes, layout.classes), _worth(layout, classes, images, size), lines, cells)
                if best is None or score > best[0]:
                    best = score, layout
    return best[1] if best else None


def _worth(layout: Layout, classes: int, images: int, size: ImageSize) -> float:
    """Return how good a layout is, compared with others that show as many classes.

    The worth grows with the pixels that are shown of an image, much less with the number of images, and
    still less by enlarging them, unless they are very small.
    """
    rows, columns = size.inner
    pixels = min(2 * layout.image_height, rows) * min(layout.image_width, columns)
    full = full_lines(size.height)
    enlarged = max(1.0, layout.image_height / full)
    readable = max(1.0, min(layout.image_height, READABLE_LINES) / full)
    worth = pixels * min(images, layout.shown) ** 0.25 * enlarged**0.4 * readable**0.6
    touching = layout.rows > 1 and not layout.caption and layout.row_pitch == layout.down * layout.image_height
    used = min(classes, layout.classes) / layout.classes
    return worth * used * (0.7 if touching else 1.0)


def _fit(
    height: int,
    width: int,
    lines: int,
    cells: int,
    gap: int,
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
    block_height, block_width = caption + down * lines, parts * (across * (cells + gap) - gap + 1) - 1
    most = 2 if parts == 1 else 3
    column_pitch = min(block_width + most, (width - block_width) // (columns - 1) if columns > 1 else block_width)
    row_pitch = min(block_height + 1, (height - block_height) // (rows - 1) if rows > 1 else block_height)
    used_width = column_pitch * (columns - 1) + block_width
    used_height = row_pitch * (rows - 1) + block_height
    return Layout(
        image_height=lines,
        image_width=cells,
        gap=gap,
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
