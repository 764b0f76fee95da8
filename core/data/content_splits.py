"""Choose splits by the content of images: the order and the names of the files have no influence.

Images are ranked by their SHA-256. Identical images are a group, which is never divided between splits.
"""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Int, Shaped, UInt8

from ..errors import DataError

TRAIN, VALIDATION, TEST = range(3)


def digests_of(images: UInt8[np.ndarray, "n height width *channels"]) -> Shaped[np.ndarray, " n"]:
    """Return the SHA-256 of each image's bytes, as byte strings."""
    return np.array([hashlib.sha256(image).digest() for image in images], "S32")


def choose_splits(
    digests: Shaped[np.ndarray, " n"], labels: Int[np.ndarray, " n"], *, share: int, with_test: bool
) -> Int[np.ndarray, " n"]:
    """Return the split of each image: TRAIN, VALIDATION or TEST.

    Validation, and test if it is wanted, get one of `share` images of each class, rounded, in the order of the ranks.
    At least one image is for validation, and every class keeps one for training.

    Args:
        digests: The SHA-256 of each image.
        labels: The class of each image.
        share: Images of a class for one of validation.
        with_test: Whether to choose a test split, which is as large as that of validation.

    Raises:
        DataError: when no class has two different images.
    """
    _, groups, sizes = np.unique(digests, return_inverse=True, return_counts=True)  # sorted: the rank
    classes = np.full(len(sizes), np.iinfo(np.int64).max)
    np.minimum.at(classes, groups, labels)  # the class of a group whose copies have several labels
    chosen = np.full(len(sizes), TRAIN)
    first_choice: list[tuple[int, int]] = []  # for a source that is too small for any share
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        quota = (int(sizes[members].sum()) + share // 2) // share
        left = {VALIDATION: quota, TEST: quota if with_test else 0}
        for member in members[:-1].tolist():  # the last group is for training
            for split, room in left.items():
                if sizes[member] <= room:
                    chosen[member], left[split] = split, room - int(sizes[member])
                    break
            if not any(left.values()):
                break
        if len(members) > 1:
            first_choice.append((-len(members), int(members[0])))
    if not first_choice:
        raise DataError("no class has two different images: one is needed for training, one for validation; add images")
    if not (chosen == VALIDATION).any():
        chosen[min(first_choice)[1]] = VALIDATION
    return chosen[groups]
