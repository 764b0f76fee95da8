"""Draw the pictures of a panel on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from .capabilities import ColorDepth
from .cells import Cells
from .color_cells import draw_color_picture
from .palette import COLOR_LEVELS
from .picture_cells import DOTS, SETTLED, draw_picture, settle


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture and its place on the sheet."""

    y: int
    x: int
    """Line and column of the upper left cell."""
    pixels: Float32[np.ndarray, "*channels height width"]
    """Intensities from 0 to 1, of ink or of red, green and blue; as many as the cells have dots."""
    ramp: int = 0
    """The ramp of grays to draw it in, by its number."""


class PictureSheet:
    """Draw pictures, and settle them to those drawn last (see `settle`)."""

    def __init__(self) -> None:
        self._key: object = None
        self._pixels: Float32[np.ndarray, "*channels rows columns"] | None = None

    def forget(self) -> None:
        """Forget the pictures drawn last, because the next ones are others."""
        self._key = self._pixels = None

    def draw(
        self,
        height: int,
        width: int,
        tiles: Sequence[Tile],
        style: str,
        *,
        colors: ColorDepth,
        levels: int,
        first_style: int,
        key: object = None,
    ) -> Cells:
        """Draw pictures, all in gray or all in color.

        The style of a cell in gray is `first_style`, plus `levels` squared for each ramp before its own, plus its pair
        of grays.

        Args:
            height: Lines of the sheet.
            width: Columns of the sheet.
            tiles: The pictures.
            style: One of `STYLES`; one of `BLOCKS` for color.
            colors: The colors of the terminal.
            levels: Number of grays.
            first_style: The style of the first pair of grays.
            key: What the places of the pictures depend on; they settle only to those drawn with the same key.
        """
        down, across = DOTS[style]
        in_color = any(tile.pixels.ndim == 3 for tile in tiles)
        pixels = np.zeros((*((3,) if in_color else ()), height * down, width * across), np.float32)
        inside, ramps = np.zeros((height, width), bool), np.zeros((height, width), np.int32)
        for tile in tiles:
            rows, columns = tile.pixels.shape[-2:]
            top, left = tile.y * down, tile.x * across
            pixels[..., top : top + rows, left : left + columns] = tile.pixels
            place = slice(tile.y, tile.y + rows // down), slice(tile.x, tile.x + columns // across)
            inside[place], ramps[place] = tile.pixels.any(), tile.ramp
        whole = (pixels.shape, style, key)
        levels_kept = COLOR_LEVELS if in_color else SETTLED
        self._pixels = settle(pixels, self._pixels if self._key == whole else None, levels_kept)
        self._key = whole
        if in_color:
            return draw_color_picture(self._pixels, inside, style, colors)
        cells = draw_picture(self._pixels, style, levels)
        cells.styles[:] += first_style + levels**2 * ramps
        return cells
