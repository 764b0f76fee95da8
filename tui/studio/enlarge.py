"""Enlarge images by cubic interpolation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float32


def enlarge(images: Float32[np.ndarray, "*n height width"], height: int, width: int) -> Float32[np.ndarray, "*n h w"]:
    """Enlarge images by cubic convolution (Keys 1981, a = -1/2).

    Edges are smooth, where repeated pixels would show steps.

    Args:
        images: Intensities from 0 to 1.
        height: Rows of the result, at least those of the images.
        width: Columns of the result, at least those of the images.

    Returns:
        The enlarged images, clipped to [0, 1].
    """
    down, across = _cubic(images.shape[-2], height), _cubic(images.shape[-1], width)
    return np.clip(down @ images @ across.T, 0, 1)


@lru_cache(maxsize=16)
def _cubic(old: int, new: int) -> Float32[np.ndarray, "new old"]:
    """Return the weight of each old pixel in each new one.

    Border pixels extend beyond the border.
    """
    places = (np.arange(new) + 0.5) * (old / new) - 0.5
    distance = np.abs(places[:, None] - np.arange(-2, old + 2))
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    inside = weights[:, 2:-2].copy()
    inside[:, 0] += weights[:, :2].sum(axis=1)
    inside[:, -1] += weights[:, -2:].sum(axis=1)
    return inside.astype(np.float32)
