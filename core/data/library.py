"""What the rest of the program asks of data: which set to use, what there is, to load or prepare one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..config import DataConfig
from .catalog import PACKAGED, SOURCES, Source, find_source
from .dataset import Dataset, ProgressCallback
from .download import is_reachable
from .packaged_digits import PACKAGED_SIZES, load_packaged
from .splits import hold_out
from .store import Store

_AUTO = "auto"
_PREFERRED = "mnist"


@dataclass(frozen=True)
class Resolved:
    """The name of a data set, and what the user should know of the choice (empty: nothing)."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class DatasetStatus:
    """A data set that can be trained on, its sizes in images, and whether it is there."""

    name: str
    ready: bool
    detail: str
    """Where it is, or how to get it."""
    train_size: int
    validation_size: int
    test_size: int
    download_bytes: int


def data_directory(directory: str | None) -> Path:
    """The folder of prepared data sets: the given one, or the user's data folder."""
    if directory is not None:
        return Path(directory).expanduser()
    return platformdirs.user_data_path("vae-tui", appauthor=False) / "datasets"


def resolve_name(config: DataConfig) -> Resolved:
    """The data set to train on: the named one; for "auto" mnist, or the packaged digits where mnist cannot be had.

    Finding out whether there is a network takes less than 3 s.

    Raises:
        DataError: when the name is unknown.
    """
    if config.name != _AUTO:
        return Resolved(config.name if config.name == PACKAGED else find_source(config.name).name)
    source = SOURCES[_PREFERRED]
    directory = data_directory(config.dir)
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


def train_size(name: str) -> int:
    """The number of training images of a data set, without looking at it. Raises DataError for an unknown name."""
    if name == PACKAGED:
        return PACKAGED_SIZES[0]
    source = find_source(name)
    return source.train.size - source.validation_size


def load_dataset(config: DataConfig, progress: ProgressCallback) -> Dataset:
    """The data set that `config` names (already resolved), prepared first where that has to be.

    A published set has no validation split: a twelfth of its training split is held out (5,000 of 60,000).

    Raises:
        DataError: when the name is unknown, or the data set cannot be had.
    """
    if config.name == PACKAGED:
        return load_packaged()
    source = find_source(config.name)
    pair = Store(data_directory(config.dir)).load(source, progress)
    train, validation = hold_out(pair.train, source.validation_size)
    return Dataset(source.name, source.class_names, train, validation, pair.test)


def prepare_dataset(
    name: str, directory: str | None, originals: Path | None, progress: ProgressCallback
) -> DatasetStatus:
    """Make a data set ready, from the folder `originals` or from the network; one that is whole is left as it is.

    Raises:
        DataError: when the name is unknown, the files are not the published ones or cannot be had, or the
            directory cannot be used. Nothing half-written is left behind.
    """
    if name == PACKAGED:
        return _packaged_status()
    source = find_source(name)
    store = Store(data_directory(directory))
    store.prepare(source, originals, progress)
    return _status(source, store)


def list_datasets(directory: str | None) -> list[DatasetStatus]:
    """All data sets, the packaged one first. Looks only for what is there; nothing is read or verified."""
    store = Store(data_directory(directory))
    return [_packaged_status(), *(_status(source, store) for source in SOURCES.values())]


def _packaged_status() -> DatasetStatus:
    train, validation = PACKAGED_SIZES
    return DatasetStatus(PACKAGED, True, "comes with the package", train, validation, 0, 0)


def _status(source: Source, store: Store) -> DatasetStatus:
    ready = store.holds(source)
    return DatasetStatus(
        name=source.name,
        ready=ready,
        detail=str(store.dataset_path(source)) if ready else f"vae-tui data prepare {source.name}",
        train_size=train_size(source.name),
        validation_size=source.validation_size,
        test_size=source.test.size,
        download_bytes=sum(download.size for download in source.downloads),
    )


def _can_write(directory: Path) -> bool:
    """Whether a folder, or what of the path to it exists, can be written to."""
    there = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
