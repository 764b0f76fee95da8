"""Read NumPy's .npz and .npy files, with the names that Keras, MedMNIST and this program give the arrays."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Shaped

from ...config import DataConfig
from ...errors import DataError
from ..names import enumerate_names, escape
from .npy_header import read_member, read_npy
from .raw import ArrayImages, RawDataset, RawPart, Role
from .rows import as_images
from .values import describe_white, find_white

_T = TypeVar("_T")

_UNREADABLE = (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, RuntimeError)
"""What is raised for damaged files, and RuntimeError for archives that are encrypted or compressed in unusual ways."""

_NAMES: tuple[tuple[Role, str, str], ...] = (
    ("train", "images", "labels"),
    ("train", "x", "y"),
    ("train", "x_train", "y_train"),
    ("validation", "x_val", "y_val"),
    ("test", "x_test", "y_test"),
    ("train", "train_images", "train_labels"),
    ("validation", "val_images", "val_labels"),
    ("test", "test_images", "test_labels"),
)
"""The names of a split's images and labels, in lower case."""


def matches(path: Path) -> bool:
    """Return whether a path is named as a file of arrays is."""
    return path.suffix.lower() in (".npz", ".npy") and not path.is_dir()


def files(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images in a file of arrays.

    Raises:
        DataError: when the file is damaged, holds Python objects, or has no array of a known name.
    """
    if path.suffix.lower() == ".npy":
        images = _reading(escape(path.name), lambda: read_npy(path))
        return _dataset([("train", images, np.zeros(len(images) if images.ndim else 0, np.int64))], path, config)
    archive = _reading(escape(path.name), lambda: zipfile.ZipFile(path))
    with archive:
        members = {name.removesuffix(".npy").lower(): name for name in archive.namelist() if name.endswith(".npy")}
        pairs = [pair for pair in _NAMES if pair[1] in members]
        if not pairs:
            found = enumerate_names([escape(name) for name in members], 8) or "no arrays"
            raise DataError(
                f"{escape(path.name)} has {found}; name the arrays images and labels, or x_train, y_train, x_test and"
                " y_test"
            )

        def load(name: str) -> Shaped[np.ndarray, ...]:
            what = f"{escape(path.name)}: {name}"
            if name not in members:
                raise DataError(f"{what} is missing: every image needs a label; images of one class can be a .npy file")
            return _reading(what, lambda: read_member(archive, members[name]))

        return _dataset([(role, load(images), load(labels)) for role, images, labels in pairs], path, config)


def _dataset(
    splits: list[tuple[Role, Shaped[np.ndarray, ...], Shaped[np.ndarray, ...]]], path: Path, config: DataConfig
) -> RawDataset:
    name = escape(path.name)
    arrays = [as_images(images, name, config.shape) for _, images, _ in splits]
    white = find_white(arrays, name)
    parts = tuple(
        RawPart(role, ArrayImages(array, white), _one_each(labels, len(array), name))
        for array, (role, _, labels) in zip(arrays, splits, strict=True)
    )
    names = (escape(path.stem),) if path.suffix.lower() == ".npy" else ()
    return RawDataset(parts, names, describe_white(white))


def _one_each(labels: Shaped[np.ndarray, ...], images: int, name: str) -> Shaped[np.ndarray, " n"]:
    """Return labels of shape [n]; MedMNIST stores them as [n, 1]."""
    if labels.shape not in ((images,), (images, 1)):
        raise DataError(
            f"{name} has {images:,} images and labels of shape {list(labels.shape)}; store one class number per image"
        )
    return labels.reshape(images)


def _reading(what: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except _UNREADABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"cannot read {what}: {escape(reason)}") from error
