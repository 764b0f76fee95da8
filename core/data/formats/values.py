"""Find out which value of an array of images stands for white."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

from ...errors import DataError

_ROWS = 4096  # images per step: the extremes are found without a copy of the array

_WHITES = (1, 16, 255, 65535)


def find_white(arrays: Sequence[Shaped[np.ndarray, ...]], name: str) -> int:
    """Return the value of white of arrays that belong together: 1, 16, 255 or 65535.

    It is the least of these that no value exceeds; 16 only if all values are whole numbers.

    Raises:
        DataError: when there are negative values, values above 65535, or values that are no numbers.
    """
    if any(array.dtype.kind not in "buif" for array in arrays):
        kinds = ", ".join(sorted({str(array.dtype) for array in arrays}))
        raise DataError(f"{name} has images of type {kinds}; store them as whole numbers or fractions")
    chunks = [array[start : start + _ROWS] for array in arrays for start in range(0, len(array), _ROWS)]
    chunks = [chunk for chunk in chunks if chunk.size]
    if not chunks:
        return 255
    lowest, highest = min(float(chunk.min()) for chunk in chunks), max(float(chunk.max()) for chunk in chunks)
    if not (lowest >= 0 and highest <= _WHITES[-1]):  # NaN included
        raise DataError(
            f"{name} has pixel values from {lowest:g} to {highest:g}; store them in 0..1, 0..255 or 0..65535"
        )
    white = next(white for white in _WHITES if highest <= white)
    if white == 16 and not all(chunk.dtype.kind != "f" or bool((chunk == np.rint(chunk)).all()) for chunk in chunks):
        return 255
    return white


def describe_white(white: int) -> tuple[str, ...]:
    """Return the notes about a value of white: none for the usual one."""
    return () if white == 255 else (f"pixel values 0-{white:g} are scaled to 0-255",)
