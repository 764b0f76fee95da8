"""Cache a data set made from the user's own images in one file.

The file holds the SHA-256 digest of the rest, then .npy arrays: a JSON header as bytes, and images and labels of the
training, validation and test split. It is written and read piece by piece, without a second copy in memory.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..files import whole_file
from .dataset import Dataset, Split

FORMAT = b"vae-tui own images 1"
"""Part of the digest and of the key, so that a file of another format is not read."""

_DIGEST_SIZE = hashlib.sha256().digest_size


class _HashingFile:
    """Write to a file and hash what is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256(FORMAT)

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._file.write(content)


def write_dataset(path: Path, dataset: Dataset) -> None:
    """Write a data set atomically.

    Raises:
        OSError: when the file cannot be written.
    """
    header = {
        "name": dataset.name,
        "class_names": dataset.class_names,
        "format": dataset.format,
        "note": dataset.note,
        "has_test": dataset.test is not None,
    }
    splits = [split for split in (dataset.train, dataset.validation, dataset.test) if split is not None]
    arrays = [np.frombuffer(json.dumps(header).encode(), np.uint8)]
    arrays += [array for split in splits for array in (split.images, split.labels)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(bytes(_DIGEST_SIZE))
        hashing: Any = _HashingFile(file)
        for array in arrays:
            np.lib.format.write_array(hashing, array, allow_pickle=False)
        file.seek(0)
        file.write(hashing.digest.digest())


def read_dataset(path: Path) -> Dataset | None:
    """Return the data set, or None when the file is missing or damaged.

    Raises:
        OSError: when the file exists but cannot be read.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below)
    except FileNotFoundError:
        return None
    with file:
        if not _is_intact(file):
            return None
        header = json.loads(np.load(file).tobytes())
        train, validation = Split(np.load(file), np.load(file)), Split(np.load(file), np.load(file))
        test = Split(np.load(file), np.load(file)) if header["has_test"] else None
    return Dataset(
        header["name"], tuple(header["class_names"]), train, validation, test, header["format"], header["note"]
    )


def _is_intact(file: BinaryIO) -> bool:
    """Compare the digest with the rest of the file; leave the position after the digest."""
    expected = file.read(_DIGEST_SIZE)
    digest = hashlib.sha256(FORMAT)
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(_DIGEST_SIZE)
    return digest.digest() == expected
