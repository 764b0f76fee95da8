"""What a data set is once it is in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt8

ProgressCallback = Callable[[str, int, int, str], None]
"""Told of long work: what is being done, how much of it is done, of how much in all (0: not known), the unit."""


@dataclass(frozen=True)
class Split:
    """Images (intensities 0..255) and their class numbers."""

    images: UInt8[np.ndarray, "n 28 28"]
    labels: Int32[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class SplitPair:
    """The two splits that the published data sets come in."""

    train: Split
    test: Split


@dataclass(frozen=True)
class Dataset:
    """A data set's splits. `test` is None where a set has none."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split | None
