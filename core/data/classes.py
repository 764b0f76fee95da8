"""Turn the labels of a source into class numbers and names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, Int64, Shaped

from ..config.data_config import MAX_CLASSES
from ..errors import DataError
from .names import enumerate_names, escape, left_out


@dataclass(frozen=True)
class Classes:
    """The names of the classes, and the class number of each image."""

    names: tuple[str, ...]
    labels: Int32[np.ndarray, " n"]
    notes: tuple[str, ...] = ()


def assign_classes(labels: Shaped[np.ndarray, " n"], source_names: tuple[str, ...], wanted: tuple[str, ...]) -> Classes:
    """Return the classes of a source.

    Classes without images are left out, with a note.

    Args:
        labels: The labels of all images: numbers or texts.
        source_names: The names that the labels are indices of; empty: the labels name the classes.
        wanted: The names that the user gave, in the order of the labels; empty: none.

    Raises:
        DataError: when labels are missing or out of range, or there are too many classes.
    """
    _check_present(labels)
    if labels.dtype.kind in "US":
        texts, numbers = np.unique(labels.astype(np.str_), return_inverse=True)
        return _named(numbers.astype(np.int64), tuple(escape(str(text)) for text in texts), wanted)
    numbers = _whole(labels)
    if source_names:
        return _named(numbers, source_names, wanted)
    values = np.unique(numbers)
    _check_number(len(values))
    if not wanted:
        return Classes(tuple(map(str, values.tolist())), np.searchsorted(values, numbers).astype(np.int32))
    if values[0] == 1 and values[-1] == len(wanted):
        return _with_images(numbers - 1, wanted)  # classes are counted from 1, as in EMNIST letters
    return _with_images(numbers, wanted)


def _named(numbers: Int64[np.ndarray, " n"], names: tuple[str, ...], wanted: tuple[str, ...]) -> Classes:
    """Return the classes of a source with names, which the user may have replaced."""
    if wanted and len(wanted) != len(names):
        raise DataError(
            f"--data.classes has {len(wanted)} names, but there are {len(names)} classes ({enumerate_names([*names])});"
            " give a name for each"
        )
    return _with_images(numbers, wanted or names)


def _with_images(numbers: Int64[np.ndarray, " n"], names: tuple[str, ...]) -> Classes:
    """Return the classes that have images."""
    outside = (numbers < 0) | (numbers >= len(names))
    if outside.any():
        examples = enumerate_names([str(number) for number in np.unique(numbers[outside]).tolist()])
        raise DataError(
            f"{outside.sum():,} of {len(numbers):,} labels ({examples}) are outside 0..{len(names) - 1}, the range of"
            f" {len(names)} class names; correct the labels, or name all classes with --data.classes"
        )
    present = np.unique(numbers)
    _check_number(len(present))
    missing = [name for number, name in enumerate(names) if number not in set(present.tolist())]
    notes = (left_out(len(missing), "class without images", "classes without images", missing),) if missing else ()
    kept = tuple(names[number] for number in present.tolist())
    return Classes(kept, np.searchsorted(present, numbers).astype(np.int32), notes)


def _check_present(labels: Shaped[np.ndarray, " n"]) -> None:
    """Check that each image has a label: not an empty text, and not NaN."""
    missing = labels == "" if labels.dtype.kind in "US" else labels != labels
    if labels.dtype.kind not in "USbuif":
        raise DataError(f"labels are of type {labels.dtype}; store them as whole numbers or texts")
    if missing.any():
        raise DataError(
            f"{missing.sum():,} of {len(labels):,} images have no label, the first is image {missing.argmax() + 1};"
            " add the labels, or remove the images"
        )


def _whole(labels: Shaped[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    numbers = labels.astype(np.int64)
    if (numbers != labels).any():
        example = labels[(numbers != labels).argmax()]
        raise DataError(f"labels are no whole numbers, such as {example:g}; store a class number for each image")
    return numbers


def _check_number(classes: int) -> None:
    if classes > MAX_CLASSES:
        raise DataError(
            f"there are {classes:,} classes, at most {MAX_CLASSES:,} are trained on; check that the labels are class"
            " numbers, or take a part of the classes"
        )
