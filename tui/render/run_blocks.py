"""Arrange the images of several runs side by side, one block a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

SMALLEST_LINES = 3
"""Minimum lines of a recognizable image."""

_GAP = 2
"""Columns between two blocks."""


@dataclass(frozen=True)
class RunBlocks:
    """A grid of blocks; each has a caption above its images. All sizes are in cells."""

    columns: int
    """Blocks in a row."""
    block_height: int
    block_width: int
    image_height: int
    image_width: int
    across: int
    """Images in a row of a block."""
    down: int
    """Rows of images in a block."""

    @property
    def shown(self) -> int:
        """The number of images that fit in a block."""
        return self.across * self.down

    def place(self, index: int) -> tuple[int, int]:
        """Return the line and column of a block."""
        row, column = divmod(index, self.columns)
        return row * self.block_height, column * (self.block_width + _GAP)

    def image(self, index: int, number: int) -> tuple[int, int]:
        """Return the line and column of an image in a block."""
        y, x = self.place(index)
        row, column = divmod(number, self.across)
        return y + 1 + row * self.image_height, x + column * self.image_width


def arrange_runs(height: int, width: int, *, runs: int, images: int, shape: tuple[int, int]) -> RunBlocks | None:
    """Return the blocks with the largest images, and of these with the most; None if not even one image fits.

    An image is at most as large as its pixels in half-blocks.

    Args:
        height: Lines of the panel.
        width: Columns of the panel.
        runs: Blocks to arrange.
        images: Images of a block, at most.
        shape: Height and width of an image in pixels.
    """
    found = []
    for rows in range(1, runs + 1):
        columns = math.ceil(runs / rows)
        block_height, block_width = height // rows, (width - _GAP * (columns - 1)) // columns
        lines, cells = _image_size(block_height - 1, block_width, shape)
        if lines < SMALLEST_LINES:
            continue
        across = min(images, block_width // cells)
        down = min(math.ceil(images / across), (block_height - 1) // lines)
        found.append(RunBlocks(columns, block_height, block_width, lines, cells, across, down))
    return max(found, key=lambda blocks: (blocks.image_height, min(images, blocks.shown)), default=None)


def _image_size(height: int, width: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Return the lines and columns of the largest image of a shape in a block; a cell is twice as high as wide."""
    ratio = 2 * shape[1] / shape[0]
    lines = min(height, math.ceil(shape[0] / 2), int(width / ratio + 0.2))
    return lines, max(1, min(width, round(lines * ratio)))
