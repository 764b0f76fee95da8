"""Read the published files of a data set, after their SHA-256 is verified."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import DataError
from .catalog import IdxFiles, Source
from .dataset import Split, SplitPair
from .digest import has_sha256
from .idx import parse_idx


def read_originals(source: Source, folder: Path) -> SplitPair:
    """Read the splits of a data set from a folder of its published files.

    The images are oriented as published. The checksums that are verified:

    - data sets in an archive (EMNIST): the SHA-256 of the archive as published;
    - data sets whose decompressed content is known (MNIST): the SHA-256 of the decompressed IDX files, which may be
      stored as NAME.gz, with any compression, or as NAME;
    - the other data sets (Fashion-MNIST, KMNIST): the SHA-256 of the .gz files as published.

    Raises:
        DataError: when a file is missing or is not the published one.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}: give the folder that holds {_wanted(source)}")
    try:
        if not source.archive_folder:
            return _read_pair(source, lambda name: _read_content(folder, name, source))
        with zipfile.ZipFile(_verified(folder / source.downloads[0].filename, source)) as archive:
            return _read_pair(source, lambda name: gzip.decompress(archive.read(f"{source.archive_folder}/{name}.gz")))
    except OSError as error:
        raise DataError(f"cannot read {error.filename or folder}: {error.strerror or error}") from error


def _read_pair(source: Source, read: Callable[[str], bytes]) -> SplitPair:
    return SplitPair(_read_split(source.train, read), _read_split(source.test, read))


def _read_split(files: IdxFiles, read: Callable[[str], bytes]) -> Split:
    # As in tensorflow-datasets, the split is the first `size` images: the files of EMNIST letters hold more.
    images = parse_idx(read(files.images))[: files.size]
    labels = parse_idx(read(files.labels))[: files.size].astype(np.int32)
    return Split(images, labels)


def _read_content(folder: Path, name: str, source: Source) -> bytes:
    """Return the decompressed content of an IDX file, verified."""
    plain, compressed = folder / name, folder / f"{name}.gz"
    if name not in source.content_sha256:
        return gzip.decompress(_verified(compressed, source).read_bytes())
    if plain.is_file():
        path, content = plain, plain.read_bytes()
    elif compressed.is_file():
        path, content = compressed, _decompress(compressed)
    else:
        raise DataError(f"{folder} has no {compressed.name}: {source.name} is made from {_wanted(source)}")
    if hashlib.sha256(content).hexdigest() != source.content_sha256[name]:
        raise DataError(f"{path} is not the published file: the SHA-256 of its content is wrong; download it again")
    return content


def _decompress(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); download it again") from error


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
