"""A panel of pictures: one digit, a neighborhood, or a strip."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float32
from rich.color import Color
from rich.style import Style

from ..render.cells import Cells
from ..render.palette import greys, pair_styles
from ..render.picture_cells import DOTS, STYLES, best_style, draw_picture, resample, settle, sharpen
from ..studio import Grid, Pictures, fit_grid
from ..studio.enlarge import enlarge
from .cells_panel import CellsPanel

TEXT, CAPTION, MARK = 0, 1, 2
"""Styles of the texts and marks; the styles of the digits, one per pair of grays, follow."""

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
        self._sheet: Float32[np.ndarray, "height width"] | None = None
        """The pixels drawn last, as intensities from 0 to 1."""

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
        grid = fit_grid(height, width, shown.rows, shown.columns, caption) if len(shown.images) else None
        if grid is None:
            cells = Cells.blank(height, width)
            cells.write(height // 2, max(0, (width - len(shown.hint)) // 2), shown.hint, TEXT)
            return cells
        cells = self._draw_images(grid, height, width)
        for index, text in enumerate(shown.captions[: grid.rows * grid.columns]):
            y, x = grid.place(*divmod(index, grid.columns))
            text = text[: grid.width]
            style = MARK if index == shown.marked else CAPTION
            cells.write(y + grid.lines, x + (grid.width - len(text)) // 2, text, style)
        if shown.marked is not None:
            self._draw_mark(cells, grid, shown.marked)
        return cells

    def _draw_images(self, grid: Grid, height: int, width: int) -> Cells:
        """Draw all pictures on one sheet."""
        style = self._choose_style(grid)
        down, across = DOTS[style]
        sheet = np.zeros((height * down, width * across), np.float32)
        cut = slice(self._pictures.crop, 28 - self._pictures.crop)
        images = self._pictures.images[: grid.rows * grid.columns, cut, cut] / np.float32(255)
        for index, picture in enumerate(_resize(images, grid.lines * down, grid.width * across)):
            y, x = grid.place(*divmod(index, grid.columns))
            top, left = y * down, x * across
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        shown = self._sheet if self._sheet is not None and self._sheet.shape == sheet.shape else None
        self._sheet = settle(sheet, shown)
        cells = draw_picture(self._sheet, style, len(self._ramp))
        cells.styles[:] += PICTURE
        return cells

    def _choose_style(self, grid: Grid) -> str:
        if not self.terminal.unicode or self.terminal.colors == "none":
            return "ascii"
        return best_style(STYLES, grid.lines, 28 - 2 * self._pictures.crop, os.environ.get("TERM", ""))

    def _draw_mark(self, cells: Cells, grid: Grid, index: int) -> None:
        """Draw a bar on both sides of a picture."""
        left, right = "▐▌" if self.terminal.unicode else "[]"
        y, x = grid.place(*divmod(index, grid.columns))
        for line in range(grid.lines):
            cells.write(y + line, x - 1, left, MARK)
            cells.write(y + line, x + grid.width, right, MARK)


def _resize(images: Float32[np.ndarray, "n old old"], height: int, width: int) -> Float32[np.ndarray, "n height width"]:
    """Resize images: interpolate to enlarge; average and sharpen to shrink."""
    if height > images.shape[-2]:
        return sharpen(enlarge(images, height, width), 1.0)
    return sharpen(resample(images, height, width), height / images.shape[-2])
