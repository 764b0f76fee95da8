"""The types in which the readers of all formats describe images before their conversion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Shaped

Role = Literal["train", "validation", "test"]
"""A split of a source. A source without splits has only training images."""

ROLES: tuple[Role, ...] = ("train", "validation", "test")
"""All splits, in the order of a data set."""

ROLE_NAMES: dict[str, Role] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
    "t10k": "test",
}
"""The usual names of the splits, in lower case."""


@dataclass(frozen=True)
class ArrayImages:
    """Images in an array: [n, height, width], or with one to four channels as the last axis."""

    array: Shaped[np.ndarray, "n height width *channels"]
    white: int
    """The value of white; black is 0."""

    def __len__(self) -> int:
        return len(self.array)


@dataclass(frozen=True)
class EncodedImages:
    """Images in the encoding of an image file, which are read one by one."""

    count: int
    read: Callable[[int], bytes]
    """Returns the content of an image; raises BadImageError, or OSError. Threads call it."""
    where: Callable[[int], str]
    """Returns what to call an image in a message."""

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True)
class RawPart:
    """A split of a source: its images, and a label for each."""

    role: Role
    images: ArrayImages | EncodedImages
    labels: Shaped[np.ndarray, " n"]
    """Integers, or texts, which name the classes."""


@dataclass(frozen=True)
class RawDataset:
    """What a reader found."""

    parts: tuple[RawPart, ...]
    class_names: tuple[str, ...] = ()
    """The names that the labels are indices of; empty: the labels themselves are the names."""
    notes: tuple[str, ...] = ()
    """What a user should know about how the source was read."""


class BadImageError(Exception):
    """An image cannot be decoded; the message is the reason."""
