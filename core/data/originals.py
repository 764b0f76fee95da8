"""Reading the files that a data set is published as. Nothing is accepted whose SHA-256 is not the known one."""

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
    """The splits of a data set from a folder of its original files, oriented as published.

    What is checked:

    - sets in an archive (EMNIST): the SHA-256 of the archive, which must be there as it was downloaded;
    - sets whose decompressed content is known (MNIST): the SHA-256 of the decompressed IDX files, which may be
      there as NAME.gz, however compressed, or as NAME;
    - the others (Fashion-MNIST, KMNIST): the SHA-256 of the .gz files, as they were downloaded.

    Raises:
        DataError: when a file is missing, or is not what was published.
    """
    if not folder.is_dir():
        raise DataError(f"no folder {folder}: give the folder that holds {_wanted(source)}")
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
    # As in tensorflow-datasets, the first `size` images make the split: EMNIST's letters files hold more.
    images = parse_idx(read(files.images))[: files.size]
    labels = parse_idx(read(files.labels))[: files.size].astype(np.int32)
    return Split(images, labels)


def _read_content(folder: Path, name: str, source: Source) -> bytes:
    """The decompressed content of an IDX file, verified."""
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
        raise DataError(f"{path} is not the published file: the SHA-256 of its content is wrong; get it again")
    return content


def _decompress(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); get it again") from error


def _verified(path: Path, source: Source) -> Path:
    """The path of a file as it was downloaded."""
    sha256 = next(download.sha256 for download in source.downloads if download.filename == path.name)
    if not path.is_file():
        raise DataError(f"{path.parent} has no {path.name}: {source.name} is made from {_wanted(source)}")
    if not has_sha256(path, sha256):
        raise DataError(f"{path} is not the published file: its SHA-256 is wrong; get it again")
    return path


def _wanted(source: Source) -> str:
    return ", ".join(download.filename for download in source.downloads)
