"""The settings of the data set."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from pathlib import PurePath

from .checks import require

MAX_SIDE = 64
"""Height and width of an image to train on, in pixels, at most."""

MAX_CLASSES = 1000
"""Classes of a data set, at most."""

TFDS_PREFIX = "tfds:"
"""What precedes the name of a data set that tensorflow-datasets has prepared."""


MAX_AUGMENT = 3.0
"""Strength of augmentation, at most: above, images no longer look like their class."""

SMALL = 20_000
"""Training images of a set, below which they are augmented by default."""

LEAST_SIDE = 16
"""Height and width of images, below which they are not: interpolation blurs what little there is to see."""

SMALL_STRENGTH = 1.0
"""Strength of that augmentation."""


@dataclass(frozen=True)
class DataConfig:
    """The images to train on."""

    name: str = "auto"
    """Data set: mnist5k (packaged), mnist, fashion_mnist, kmnist, emnist/NAME; auto: mnist, or mnist5k when offline;
    the path of your own images (a folder, .npz, .npy, .csv, .parquet); tfds:NAME, prepared by tensorflow-datasets."""

    dir: str | None = None
    """Folder of the prepared data sets (default: a folder in the user's data directory)."""

    size: int | None = None
    """Side of your own images in pixels: each is cropped to its central square and scaled (default: as they are, at
    most 64x64)."""

    shape: tuple[int, ...] = ()
    """Height and width of your own images where a row of numbers is an image, as in a table; in color, 3 follows or
    precedes them: HEIGHT,WIDTH,3 (default: square and gray)."""

    grey: bool = False
    """Turn your own color images into gray ones."""

    augment: float | None = None
    """Strength of the random rotations, shears and scalings of half of the images of each batch: 1 turns them by
    up to 17 degrees (0: none; default: 1 for fewer than 20,000 training images of at least 16x16 pixels, else 0)."""

    shard: bool = False
    """Give each device a part of the images instead of all: for a set that is larger than a device's memory."""

    transpose: bool = False
    """Swap rows and columns of your own images: EMNIST's files have them swapped."""

    skip_bad: bool = False
    """Go on without the files that cannot be read as images."""

    classes: tuple[str, ...] = ()
    """Names of your own images' classes, in the order of their labels (default: as found)."""

    def __post_init__(self) -> None:
        sides = f"a whole number from 4 to {MAX_SIDE}"
        require(self.size is None or 4 <= self.size <= MAX_SIDE, "data.size", self.size, sides)
        require(
            (len(self.shape) in (0, 2) or (len(self.shape) == 3 and 3 in (self.shape[0], self.shape[-1])))
            and all(side >= 1 for side in self.shape),
            "data.shape",
            self.shape,
            "a height and a width in pixels, such as 8,8; in color 32,32,3 or 3,32,32",
        )
        require(
            self.augment is None or 0 <= self.augment <= MAX_AUGMENT,
            "data.augment",
            self.augment,
            f"a number from 0 to {MAX_AUGMENT:g}",
        )
        require(
            len(self.classes) <= MAX_CLASSES and all(name and name.isprintable() for name in self.classes),
            "data.classes",
            f"{len(self.classes)} names",
            f"at most {MAX_CLASSES} names of printable characters",
        )
        require(
            len(set(self.classes)) == len(self.classes), "data.classes", ",".join(self.classes), "names that differ"
        )

    def augment_strength(self, train_size: int, image_shape: tuple[int, ...]) -> float:
        """Return the strength of augmentation for a number of training images of a shape."""
        if self.augment is not None:
            return self.augment
        return SMALL_STRENGTH if train_size < SMALL and min(image_shape[:2]) >= LEAST_SIDE else 0.0

    @property
    def title(self) -> str:
        """The name to show for the data set: of a path, the last part without its suffixes."""
        if not os.path.isabs(self.name):
            return self.name.removeprefix(TFDS_PREFIX)
        name = PurePath(self.name).name
        for suffix in (".gz", ".csv", ".npz", ".npy", ".parquet"):
            name = name.removesuffix(suffix)
        return name or "images"
