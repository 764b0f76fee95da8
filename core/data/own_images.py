"""Turn the user's own images into a data set: recognize, read, decode, name the classes, choose the splits, cache."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jaxtyping import Int, Shaped

from ..config import DataConfig
from ..config.data_config import TFDS_PREFIX
from ..errors import DataError
from .cache_limit import drop_oldest, mark_used
from .classes import Classes, assign_classes
from .content_splits import TEST, TRAIN, VALIDATION, choose_splits, digests_of
from .dataset import Dataset, ProgressCallback, Split
from .dataset_cache import FORMAT, read_dataset, write_dataset
from .decode import Decoded, decode_parts
from .digest import file_sha256
from .formats import ROLES, Format, RawDataset, recognize
from .formats.prepared import find_prepared
from .names import enumerate_names, escape, left_out, shown

_TENTH, _TWELFTH = 10, 12
"""Shares of a class for validation: a tenth, and a twelfth (as of the published sets) of a source with a test split."""

_UNRELATED = ("name", "dir", "shard", "augment")
"""Options that do not change the decoded images."""


def find_path(config: DataConfig, directory: Path) -> Path:
    """Return the absolute path of the user's own images.

    Args:
        config: Its name is a path or tfds:NAME.
        directory: The folder of prepared data sets.

    Raises:
        DataError: when there is nothing there, or a terminal cannot show the path.
    """
    if config.name.startswith(TFDS_PREFIX):
        return find_prepared(config.name.removeprefix(TFDS_PREFIX), directory).absolute()
    try:
        path = Path(os.path.abspath(Path(config.name).expanduser()))
    except RuntimeError as error:
        raise DataError(f"there is no home directory for {escape(config.name)}; give the whole path") from error
    if not str(path).isprintable():
        raise DataError(f"the path {escape(str(path))} has characters that a terminal cannot show; rename the folder")
    if not os.path.lexists(path):
        raise DataError(f"there is no file or folder {path}; correct the path, or see the names in `vae-tui data`")
    return path


def load_own(config: DataConfig, directory: Path, progress: ProgressCallback) -> Dataset:
    """Load the user's own images; what was decoded before comes from the cache, unless a source file has changed.

    Args:
        config: The path, and how to read and convert the images.
        directory: The folder of prepared data sets, for the cache.
        progress: Called with the progress of the work; an exception from it ends the work.

    Raises:
        DataError: when the images cannot be read, or are not fit for training.
    """
    path = find_path(config, directory)
    try:
        known = recognize(path)
        cache = directory / "decoded" / f"own-{_key(config, known, path, progress)}.cache"
        cached = _read_cache(cache)
        if cached is not None:
            mark_used(cache)
            return cached
        raw = known.read(path, config)
    except OSError as error:
        name = escape(str(error.filename or path))
        raise DataError(f"cannot read {name}: {error.strerror or error}; check the path and its permissions") from error
    dataset = _make(raw, known, config, progress)
    try:
        write_dataset(cache, dataset)
        drop_oldest(cache.parent)
    except OSError as error:
        uncached = f"not cached, because {directory} cannot be written to ({error.strerror or error})"
        return dataclasses.replace(dataset, note="; ".join(filter(None, [dataset.note, uncached])))
    return dataset


def _read_cache(path: Path) -> Dataset | None:
    try:
        return read_dataset(path)
    except (NotADirectoryError, PermissionError):  # the write after decoding tells of it
        return None


def _key(config: DataConfig, known: Format, path: Path, progress: ProgressCallback) -> str:
    """Return the SHA-256 over the cache's format, the options that change it, and the source's files.

    Of each file, name and content count.
    """
    files = [file for file in known.files(path) if file.is_file()]
    options = {name: value for name, value in dataclasses.asdict(config).items() if name not in _UNRELATED}
    digest = hashlib.sha256(FORMAT)
    digest.update(json.dumps([known.name, config.title, options]).encode())
    digest.update(os.fsencode(path.name))
    with ThreadPoolExecutor(os.cpu_count() or 1, "hash") as pool:
        for start in range(0, len(files), 1000):
            part = files[start : start + 1000]
            for file, content in zip(part, pool.map(lambda file: _content(file, path), part), strict=True):
                digest.update(os.fsencode(os.path.relpath(file, path)) + b"\0" + content.encode())
            progress(f"checking {config.title}", start + len(part), len(files), "files")
    return digest.hexdigest()


def _content(file: Path, root: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:  # reading it as an image tells of it, or leaves it out
        return f"{shown(file, root)}: {error.strerror}"


def _make(raw: RawDataset, known: Format, config: DataConfig, progress: ProgressCallback) -> Dataset:
    """Return the data set of raw images."""
    total = sum(len(part.images) for part in raw.parts)
    if not total:
        raise DataError(f"{config.title} has no images; give a source with at least two")
    raw_labels = _all_labels(raw)
    if len(raw_labels) != total:
        raise DataError(f"{config.title} has {total:,} images and {len(raw_labels):,} labels; give one label per image")
    assign_classes(raw_labels, raw.class_names, config.classes)  # refuse wrong labels before the work of decoding
    decoded = decode_parts(raw.parts, config, progress)
    if not decoded.is_good.any():
        raise DataError(f"none of the {total:,} images of {config.title} can be read; give others")
    kept = np.flatnonzero(decoded.is_good)
    classes = assign_classes(raw_labels[kept], raw.class_names, config.classes)
    given = np.repeat([ROLES.index(part.role) for part in raw.parts], [len(part.images) for part in raw.parts])[kept]
    digests = digests_of(decoded.images)[kept]
    splits = _choose(given, digests, classes.labels)
    train, validation, test = (
        _split(decoded, kept, classes, digests, splits == split) for split in (TRAIN, VALIDATION, TEST)
    )
    if train is None or validation is None:
        raise DataError(f"{config.title} has no images for {'training' if train is None else 'validation'}; add some")
    _check_classes(classes, train)
    notes = [*raw.notes, *classes.notes, *_about_bad(decoded)]
    return Dataset(config.title, classes.names, train, validation, test, known.name, "; ".join(notes))


def _all_labels(raw: RawDataset) -> Shaped[np.ndarray, " n"]:
    if len({part.labels.dtype.kind in "US" for part in raw.parts if len(part.labels)}) > 1:
        raise DataError("some splits have numbers as labels and some have texts; store them alike")
    return np.concatenate([part.labels for part in raw.parts if len(part.labels)])


def _choose(
    given: Int[np.ndarray, " n"], digests: Shaped[np.ndarray, " n"], labels: Int[np.ndarray, " n"]
) -> Int[np.ndarray, " n"]:
    """Return the splits of the source, completed with a validation split and, if it has no others, a test split."""
    splits = given.copy()
    if not (given == TRAIN).any():
        raise DataError("there are no training images; put images into the training split")
    if not (given == VALIDATION).any():
        with_test = not (given == TEST).any()
        train = given == TRAIN
        share = _TENTH if with_test else _TWELFTH
        splits[train] = choose_splits(digests[train], labels[train], share=share, with_test=with_test)
    return splits


def _split(
    decoded: Decoded,
    kept: Int[np.ndarray, " k"],
    classes: Classes,
    digests: Shaped[np.ndarray, " k"],
    chosen: Shaped[np.ndarray, " k"],
) -> Split | None:
    """Return the chosen images in the order of their digests, so that it does not depend on that of the files."""
    members = np.flatnonzero(chosen)
    if not len(members):
        return None
    members = members[np.lexsort((classes.labels[members], digests[members]))]
    return Split(decoded.images[kept[members]], classes.labels[members])


def _check_classes(classes: Classes, train: Split) -> None:
    """Check that each class has training images."""
    absent = np.flatnonzero(np.bincount(train.labels, minlength=len(classes.names)) == 0)
    if len(absent):
        names = enumerate_names([classes.names[label] for label in absent])
        raise DataError(f"{len(absent)} classes have no training images ({names}); add some, or remove the classes")


def _about_bad(decoded: Decoded) -> list[str]:
    bad = [*decoded.bad]
    return [left_out(len(bad), "image that cannot be read", "images that cannot be read", bad)] if bad else []
