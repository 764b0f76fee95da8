"""Read a data set that tensorflow-datasets has prepared as array_record files, without TensorFlow."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...config import DataConfig
from ...errors import DataError
from ..builder import check_features, reading
from ..names import escape
from .raw import ROLE_NAMES, ROLES, EncodedImages, RawDataset, RawPart
from .source_files import visible

INFO = "dataset_info.json"
"""The file in the folder of every prepared data set."""

_BATCH = 1000  # records per step
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def matches(path: Path) -> bool:
    """Return whether a path is the folder of a prepared data set."""
    return (path / INFO).is_file()


def files(path: Path) -> list[Path]:
    """Return the files of a prepared data set."""
    return [Path(entry.path) for entry in visible(path) if entry.is_file()]


def find_prepared(name: str, directory: Path) -> Path:
    """Return the folder of the newest version of a data set, such as cifar10 or emnist/letters.

    Args:
        name: The name in tensorflow-datasets, perhaps with a configuration and a version.
        directory: The folder of prepared data sets; the default one of tensorflow-datasets comes after it.

    Raises:
        DataError: when it is in neither folder.
    """
    default = Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    if name.startswith("/") or ".." in Path(name).parts:
        raise DataError(f"tfds:{escape(name)} is no name of a data set; give a name such as tfds:cifar10")
    for base in (directory, default):
        folder = base / name
        if matches(folder):
            return folder
        if folder.is_dir():
            versions = [Path(entry.path) for entry in visible(folder) if _VERSION.fullmatch(entry.name)]
            prepared = [version for version in versions if matches(version)]
            if prepared:
                return max(prepared, key=lambda version: [int(number) for number in version.name.split(".")])
    raise DataError(
        f"{escape(name)} is not prepared in {directory} or {default}; prepare it there with tensorflow-datasets"
        " (file_format array_record), or choose another folder with --data.dir"
    )


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images of a prepared data set; they are decoded later.

    Raises:
        DataError: when it is damaged, not stored as array_record, or has no image and label.
    """
    import tensorflow_datasets as tfds

    with reading(path):
        check_features(path)
        builder = tfds.builder_from_directory(path)
        features = cast(dict[str, Any], builder.info.features)
    image = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
    label = [key for key, feature in features.items() if isinstance(feature, tfds.features.ClassLabel)]
    if len(image) != 1 or not label:
        raise DataError(f"{escape(str(path))} has the features {', '.join(features)}; it needs one image and a label")
    with reading(path):
        sources = cast(
            dict[str, Any], builder.as_data_source(decoders=cast(Any, {image[0]: tfds.decode.SkipDecoding()}))
        )
    roles = {ROLE_NAMES[name.lower()]: name for name in sources if name.lower() in ROLE_NAMES}
    with reading(path):
        parts = tuple(_part(role, sources[roles[role]], image[0], label[0]) for role in ROLES if role in roles)
    others = [escape(name) for name in sources if name not in roles.values()]
    notes = (f"splits that are not used: {', '.join(others)}",) if others else ()
    return RawDataset(parts, tuple(escape(name) for name in features[label[0]].names), notes)


def _part(role: Any, records: Any, image: str, label: str) -> RawPart:
    """Return a split with its encoded images in memory: the files are read in batches, which is ten times as fast."""
    contents: list[bytes] = []
    labels = np.empty(len(records), np.int64)
    for start in range(0, len(records), _BATCH):
        rows = range(start, min(start + _BATCH, len(records)))
        batch = records.__getitems__(rows)
        contents += [record[image] for record in batch]
        labels[rows.start : rows.stop] = [record[label] for record in batch]
    images = EncodedImages(len(contents), lambda index: contents[index], lambda index: f"{role} image {index + 1}")
    return RawPart(role, images, labels)
