"""Read the published files of a data set, and verify their content, whatever it is wrapped in."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import DataError
from .catalog import IdxFiles, Source
from .dataset import Split, SplitPair
from .digest import file_sha256, has_sha256
from .idx import parse_idx, read_idx_file


def read_originals(source: Source, folder: Path) -> SplitPair:
    """Read the splits of a data set from a folder of its published files.

    The images are oriented as published. An IDX file may be NAME or NAME.gz, gzipped or not; where the archive (of
    EMNIST) is absent, its files may be there, or in the folder that it unpacks to. What is verified:

    - data sets in an archive: the SHA-256 of the archive as published;
    - data sets whose decompressed content is known (MNIST, Fashion-MNIST): the SHA-256 of that content;
    - the other data sets (KMNIST): the SHA-256 of the .gz files as published.

    Of files that are wrapped otherwise and have no known checksum, the sizes and the labels are checked, and the note
    of the result says so.

    Raises:
        DataError: when a file is missing or is not the published one.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}: give the folder that holds {_wanted(source)}")
    try:
        archive_path = folder / source.downloads[0].filename
        is_unpacked = _find(folder, source.train.images, source) is not None and not archive_path.exists()
        if not source.archive_folder or is_unpacked:
            return _read_idx_files(source, folder)
        with zipfile.ZipFile(_verified(archive_path, source)) as archive:
            read = partial(_read_archived, archive, source)
            return SplitPair(_read_split(source.train, read), _read_split(source.test, read))
    except OSError as error:
        raise DataError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error


def _read_idx_files(source: Source, folder: Path) -> SplitPair:
    unverified: list[str] = []

    def read(name: str) -> bytes:
        content, is_verified = _read_content(folder, name, source)
        if not is_verified:
            unverified.append(name)
        return content

    try:
        pair = SplitPair(_read_split(source.train, read), _read_split(source.test, read))
    except ValueError as error:
        raise DataError(f"{folder} does not hold {source.name}: {error}; download the files again") from error
    if not unverified:
        return pair
    for files, split in ((source.train, pair.train), (source.test, pair.test)):
        _check_plausible(source, files, split, folder)
    return replace(
        pair,
        note=f"the checksum of the content of {', '.join(unverified)} is unknown, so only sizes and labels are checked;"
        f" they are those of {source.name}",
    )


def _check_plausible(source: Source, files: IdxFiles, split: Split, folder: Path) -> None:
    """Check shapes, counts and labels of a split whose content has no known checksum. Raises DataError."""
    classes = len(source.class_names)
    if split.images.shape != (files.size, 28, 28):
        shape = " x ".join(map(str, split.images.shape))
        raise DataError(f"{folder} does not hold {source.name}: {files.images} has {shape} pixels; download them again")
    if split.labels.min() < 0 or split.labels.max() >= classes:
        raise DataError(f"{folder} does not hold {source.name}: labels exceed {classes} classes; download them again")


def _read_archived(archive: zipfile.ZipFile, source: Source, name: str) -> bytes:
    return gzip.decompress(archive.read(f"{source.archive_folder}/{name}.gz"))


def _read_split(files: IdxFiles, read: Callable[[str], bytes]) -> Split:
    images, labels = parse_idx(read(files.images)), parse_idx(read(files.labels))
    if images.dtype != np.uint8 or len(images) != len(labels):
        raise ValueError(f"{files.images} does not have a byte per pixel and a label per image")
    # As in tensorflow-datasets, the split is the first `size` images: the files of EMNIST letters hold more.
    return Split(images[: files.size], labels[: files.size].astype(np.int32))


def _read_content(folder: Path, name: str, source: Source) -> tuple[bytes, bool]:
    """Return the decompressed content of an IDX file, and whether it is known to be the published one."""
    path = _find(folder, name, source)
    if path is None:
        raise DataError(f"{folder} has no {name}.gz: {source.name} is made from {_wanted(source)}")
    try:
        content = read_idx_file(path)
    except ValueError as error:
        raise DataError(f"{path} is not the published file: {error}; download it again") from error
    known = source.content_sha256.get(name)
    if known is None:
        published = {download.filename: download.sha256 for download in source.downloads}.get(f"{name}.gz")
        return content, published is not None and file_sha256(path) == published
    if hashlib.sha256(content).hexdigest() != known:
        raise DataError(f"{path} is not the published file: the SHA-256 of its content is wrong; download it again")
    return content, True


def _find(folder: Path, name: str, source: Source) -> Path | None:
    """Return the path of an IDX file, or None if it is not there."""
    places = dict.fromkeys((folder, folder / source.archive_folder))
    return next((path for place in places for path in (place / name, place / f"{name}.gz") if path.is_file()), None)


def _verified(path: Path, source: Source) -> Path:
    """Return the path of a published file, verified."""
    sha256 = next(download.sha256 for download in source.downloads if download.filename == path.name)
    if not path.is_file():
        raise DataError(f"{path.parent} has no {path.name}: {source.name} is made from {_wanted(source)}")
    if not has_sha256(path, sha256):
        raise DataError(f"{path} is not the published file: its SHA-256 is wrong; download it again")
    return path


def _wanted(source: Source) -> str:
    return ", ".join(download.filename for download in source.downloads)
