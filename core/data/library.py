"""Resolve, list, load and prepare data sets for the program."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..config import DataConfig
from ..config.data_config import TFDS_PREFIX
from ..errors import DataError
from .catalog import PACKAGED, SOURCES, Source, find_source
from .dataset import Dataset, ProgressCallback
from .download import is_reachable
from .names import is_own
from .own_images import find_path, load_own
from .packaged_digits import PACKAGED_SIZES, load_packaged
from .splits import hold_out
from .store import Store

_AUTO = "auto"
_PREFERRED = "mnist"


@dataclass(frozen=True)
class Resolved:
    """The name of a data set, and perhaps a note to the user."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class DatasetStatus:
    """A data set, and whether it is ready for training."""

    name: str
    ready: bool
    detail: str
    """The location of the data set, or the command that prepares it."""
    note: str = ""
    """What a user should know about the files that it was prepared from; empty: nothing."""


_PACKAGED_STATUS = DatasetStatus(PACKAGED, True, "comes with the package")


def data_directory(directory: str | None) -> Path:
    """Return the folder of prepared data sets.

    None means a folder in the user's data directory.

    Raises:
        DataError: when the user has no home directory.
    """
    try:
        if directory is not None:
            return Path(directory).expanduser()
        return platformdirs.user_data_path("vae-tui", appauthor=False) / "datasets"
    except RuntimeError as error:
        raise DataError(
            "there is no home directory (HOME) for the data sets; choose a folder with --data.dir"
        ) from error


def resolve_name(config: DataConfig) -> Resolved:
    """Return the data set to train on.

    A path becomes absolute, so that a run can be resumed from another directory. "auto" resolves to mnist, or to the
    packaged digits when mnist is not prepared and cannot be downloaded. The probe of the network takes less than 3 s.

    Raises:
        DataError: when the name is unknown, or there is nothing at a path.
    """
    if config.name != _AUTO and is_own(config.name):
        path = find_path(config, data_directory(config.dir))
        return Resolved(config.name if config.name.startswith(TFDS_PREFIX) else str(path))
    if config.name != _AUTO:
        return Resolved(config.name if config.name == PACKAGED else find_source(config.name).name)
    source = SOURCES[_PREFERRED]
    try:
        directory = data_directory(config.dir)
    except DataError as error:
        return Resolved(PACKAGED, f"{error}; training on the 5,000 packaged MNIST digits")
    download = source.downloads[0]
    if Store(directory).holds(source):
        return Resolved(_PREFERRED)
    if not _can_write(directory):
        return Resolved(
            PACKAGED,
            f"cannot write to {directory}: training on the 5,000 packaged MNIST digits;"
            " --data.dir chooses another folder",
        )
    if is_reachable(download):
        return Resolved(_PREFERRED)
    return Resolved(
        PACKAGED,
        "no network: training on the 5,000 packaged MNIST digits; `vae-tui data` says how to get all 70,000",
    )


def train_size(config: DataConfig, progress: ProgressCallback) -> int:
    """Return the number of training images of a data set.

    That of a published one is known. The user's own images are decoded, or come from the cache; the training that
    follows takes them from there.

    Args:
        config: The data set; its name must be resolved, not "auto".
        progress: Called with the progress of the work; an exception from it ends the work.

    Raises:
        DataError: when the name is unknown, or the images cannot be read.
    """
    if config.name == PACKAGED:
        return PACKAGED_SIZES[0]
    if is_own(config.name):
        return len(load_own(config, data_directory(config.dir), progress).train)
    source = find_source(config.name)
    return source.train.size - source.validation_size


def load_dataset(config: DataConfig, progress: ProgressCallback) -> Dataset:
    """Load a data set, which is downloaded and prepared first if needed.

    The published data sets have no validation split: a twelfth of the training split is held out (5,000 of 60,000).
    `own_images.py` describes how the user's own images become a data set.

    Args:
        config: The data set to load; its name must be resolved, not "auto".
        progress: Called with the progress of the work; an exception from it ends the work.

    Raises:
        DataError: when the name is unknown, or the data set cannot be downloaded or prepared.
    """
    if config.name == PACKAGED:
        return load_packaged()
    if is_own(config.name):
        return load_own(config, data_directory(config.dir), progress)
    source = find_source(config.name)
    pair = Store(data_directory(config.dir)).load(source, progress)
    train, validation = hold_out(pair.train, source.validation_size)
    return Dataset(source.name, source.class_names, train, validation, pair.test)


def prepare_dataset(
    name: str, directory: str | None, originals: Path | None, progress: ProgressCallback
) -> DatasetStatus:
    """Prepare a data set; one that is already intact is not changed.

    Args:
        name: The name of the data set.
        directory: The folder of prepared data sets (None: the default one).
        originals: The folder of the published files, or None to download them.
        progress: Called with the progress of the work; an exception from it ends the work.

    Raises:
        DataError: when the name is unknown, the files are not the published ones or cannot be downloaded, or the
            directory cannot be used. No incomplete files are left behind.
    """
    if name == PACKAGED:
        return _PACKAGED_STATUS
    source = find_source(name)
    store = Store(data_directory(directory))
    pair = store.prepare(source, originals, progress)
    return dataclasses.replace(_status(source, store), note=pair.note)


def list_datasets(directory: str | None) -> list[DatasetStatus]:
    """Return the status of all data sets, the packaged one first.

    The function checks only that files exist; it does not read or verify them.
    """
    store = Store(data_directory(directory))
    return [_PACKAGED_STATUS, *(_status(source, store) for source in SOURCES.values())]


def _status(source: Source, store: Store) -> DatasetStatus:
    ready = store.holds(source)
    return DatasetStatus(
        name=source.name,
        ready=ready,
        detail=str(store.dataset_path(source)) if ready else f"vae-tui data prepare {source.name}",
    )


def _can_write(directory: Path) -> bool:
    """Return whether a folder, or its nearest existing parent, is writable."""
    there = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
