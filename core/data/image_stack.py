"""Collect converted images in one array, which becomes a color one with the first color image."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from ..config.data_config import MAX_SIDE
from ..errors import DataError
from .convert import check_size
from .dataset import MAX_BYTES


class ImageStack:
    """An array for a known number of images of one size, found out from the first."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._images: UInt8[np.ndarray, "n height width *channels"] | None = None
        self._first = ""

    def put(self, row: int, images: UInt8[np.ndarray, "k height width *rgb"], where: str) -> None:
        """Store images from a row on.

        Raises:
            DataError: when they are too large, or of another size than those before.
        """
        height, width = images.shape[1:3]
        check_size(images.shape[1:], MAX_SIDE, where)
        if self._images is None:
            size = self._count * height * width * (1 if images.ndim == 3 else 3)
            if size > MAX_BYTES:
                raise DataError(
                    f"{self._count:,} images of {height}x{width} pixels take {size / 1e9:.0f} GB, and at most"
                    f" {MAX_BYTES / 1e9:.0f} GB are loaded; choose smaller images with --data.size, or fewer"
                )
            self._images, self._first = np.zeros((self._count, *images.shape[1:]), np.uint8), where
        if (height, width) != self._images.shape[1:3]:
            first = "x".join(map(str, self._images.shape[1:3]))
            raise DataError(
                f"{self._first} has {first} pixels but {where} has {height}x{width};"
                " --data.size N crops and scales all images to N x N"
            )
        if images.ndim == 4 and self._images.ndim == 3:
            self._images = np.repeat(self._images[..., None], 3, axis=-1)
        stored = self._images[row : row + len(images)]
        stored[...] = images if images.ndim == stored.ndim else images[..., None]

    def images(self) -> UInt8[np.ndarray, "n height width *channels"]:
        """Return all images; rows that nothing was stored in are black."""
        if self._images is None:
            raise DataError("no image could be read; give images in a known format")
        return self._images
