"""A panel of pictures: one image, a neighborhood, or a strip."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, UInt8
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from ...core.protocol import has_colors
from ..render.cells import Cells
from ..render.palette import greys, pair_styles
from ..render.picture_cells import DOTS, STYLES, best_style, sharpen
from ..render.pixels import draws_colors, intensities, shrink
from ..render.sheet import PictureSheet, Tile
from ..state import cut_cells
from ..studio.enlarge import enlarge
from ..studio.layout import Grid, fit_grid
from ..studio.scene import Pictures
from .cells_panel import CellsPanel

TEXT, CAPTION, MARK = 0, 1, 2
"""Styles of the texts and marks; the styles of the images, one per pair of grays, follow."""

PICTURE = 3


class PicturesPanel(CellsPanel):
    """Show pictures as large as they fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pictures--text", "pictures--caption", "pictures--mark"}

    DEFAULT_CSS = """
    PicturesPanel {
        & > .pictures--text { color: $text-muted; }
        & > .pictures--caption { color: $text-muted; }
        & > .pictures--mark { color: $text-accent; text-style: bold; }
    }
    """

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__()
        self.id = id
        self.set_classes(classes)
        self._pictures = Pictures()
        self._sheet = PictureSheet()

    def show(self, pictures: Pictures) -> None:
        """Show pictures."""
        self._pictures = pictures
        self.redraw()

    @property
    def _ramp(self) -> list[Color]:
        return greys(self.background_colors[1].rich_color, self.terminal.colors)

    def make_styles(self) -> Sequence[Style]:
        """Return the styles of the texts, then one per pair of grays."""
        words = [self.get_component_rich_style(f"pictures--{name}") for name in ("text", "caption", "mark")]
        return [*words, *pair_styles(self._ramp)]

    def draw(self, height: int, width: int) -> Cells:
        """Draw the pictures in the middle of the panel."""
        shown = self._pictures
        caption = 1 if shown.captions else 0
        rows, columns = _cropped(shown).shape[1:3]
        aspect = columns / rows
        grid = fit_grid(height, width, shown.rows, shown.columns, caption, aspect) if len(shown.images) else None
        if grid is None:
            cells = Cells.blank(height, width)
            cells.write(height // 2, max(0, (width - len(shown.hint)) // 2), shown.hint, TEXT)
            return cells
        cells = self._draw_images(grid, height, width)
        for index, text in enumerate(shown.captions[: grid.rows * grid.columns]):
            y, x = grid.place(*divmod(index, grid.columns))
            text = cut_cells(text, grid.width, unicode=self.terminal.unicode)
            style = MARK if index == shown.marked else CAPTION
            cells.write(y + grid.lines, x + (grid.width - cell_len(text)) // 2, text, style)
        if shown.marked is not None:
            self._draw_mark(cells, grid, shown.marked)
        return cells

    def _draw_images(self, grid: Grid, height: int, width: int) -> Cells:
        """Draw all pictures on one sheet."""
        style = self._choose_style(grid)
        tiles = [
            Tile(*grid.place(*divmod(index, grid.columns)), pixels)
            for index, pixels in enumerate(self._resized(grid, style))
        ]
        return self._sheet.draw(
            height,
            width,
            tiles,
            style,
            colors=self.terminal.colors,
            levels=len(self._ramp),
            first_style=PICTURE,
        )

    def _resized(self, grid: Grid, style: str) -> Float32[np.ndarray, "n *channels height width"]:
        """Return the cropped pictures at their size on the sheet: interpolated if that is larger, else averaged."""
        images = _cropped(self._pictures)[: grid.rows * grid.columns]
        in_color = has_colors(images.shape[1:]) and draws_colors(self.terminal, style)
        dark = self.background_colors[1].brightness < 0.5
        pixels = intensities(images, 1, in_color=in_color, dark=dark)
        down, across = DOTS[style]
        height, width = grid.lines * down, grid.width * across
        if height <= pixels.shape[-2]:
            return shrink(pixels, height, width, in_color=in_color)
        large = enlarge(pixels, height, width)
        return large if in_color else sharpen(large, 1.0)

    def _choose_style(self, grid: Grid) -> str:
        if not self.terminal.unicode or self.terminal.colors == "none":
            return "ascii"
        return best_style(STYLES, grid.lines, _cropped(self._pictures).shape[1], os.environ.get("TERM", ""))

    def _draw_mark(self, cells: Cells, grid: Grid, index: int) -> None:
        """Draw a bar on both sides of a picture."""
        left, right = "▐▌" if self.terminal.unicode else "[]"
        y, x = grid.place(*divmod(index, grid.columns))
        for line in range(grid.lines):
            cells.write(y + line, x - 1, left, MARK)
            cells.write(y + line, x + grid.width, right, MARK)


def _cropped(pictures: Pictures) -> UInt8[np.ndarray, "n height width *channels"]:
    """Return images without the border to crop."""
    crop = pictures.crop
    height, width = pictures.images.shape[1:3]
    return pictures.images[:, crop : height - crop, crop : width - crop]
