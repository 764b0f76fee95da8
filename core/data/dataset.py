"""The types of a data set in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32, UInt8

MAX_BYTES = 8 << 30
"""Bytes of a data set's images, at most: a file must not make the program fill the memory."""

ProgressCallback = Callable[[str, int, int, str], None]
"""Receives the progress of long work: a label, the amount done, the total (0: unknown), and the unit."""


@dataclass(frozen=True)
class Split:
    """Images (values 0..255) and their class numbers; color images have a last axis of three channels."""

    images: UInt8[np.ndarray, "n height width *channels"]
    labels: Int32[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.labels)

    def mean_image(self) -> Float32[np.ndarray, "height width *channels"]:
        """Return the mean of the images, in intensities 0..1."""
        total = self.images.sum(axis=0, dtype=np.int64)  # exact, so the mean does not depend on the order of the images
        return (total / (255.0 * len(self))).astype(np.float32)


@dataclass(frozen=True)
class SplitPair:
    """The training and the test split of a published data set."""

    train: Split
    test: Split
    note: str = ""
    """What a user should know about where they come from; empty: nothing."""


@dataclass(frozen=True)
class Dataset:
    """The splits of a data set; `test` may be None."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split | None
    format: str = "published"
    """How the images are stored, in words."""
    note: str = ""
    """What a user should know about how the images were read; empty: nothing."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of an image: (height, width) in gray, (height, width, 3) in color."""
        return self.train.images.shape[1:]
