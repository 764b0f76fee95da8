"""Prepare data sets with tensorflow-datasets and decode them, without TensorFlow.

The stock builder reads the published files through TensorFlow. A subclass that receives the decoded images writes the
same data set, which `tfds.data_source(name, data_dir=...)` can read.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import DataError
from ..files import read_regular
from .catalog import IdxFiles, Source
from .dataset import ProgressCallback, Split, SplitPair

_FEATURE_CLASSES = {
    f"tensorflow_datasets.core.features.{name}"
    for name in (
        "features_dict.FeaturesDict",
        "image_feature.Image",
        "class_label_feature.ClassLabel",
        "scalar.Scalar",
        "tensor_feature.Tensor",
        "text_feature.Text",
    )
}
_MAX_FEATURES_BYTES = 1 << 20

_BATCH = 1000  # images per decoded batch, and between two progress reports


def prepare(source: Source, pair: SplitPair, data_dir: Path, progress: ProgressCallback) -> Path:
    """Write a data set as array_record files below `data_dir`.

    70,000 images take about 8 s.

    Args:
        source: The data set.
        pair: Its images and labels, oriented as published.
        data_dir: The data folder of tensorflow-datasets to write to.
        progress: Called with the number of images written; an exception from it ends the work.

    Returns:
        The folder of the prepared data set.
    """
    import tensorflow_datasets as tfds
    from PIL import Image
    from tensorflow_datasets.core import registered

    name, _, config = source.name.partition("/")
    stock = cast(Any, tfds.builder_cls(name))
    total = len(pair.train) + len(pair.test)
    done = 0

    with registered.skip_registration():

        class Builder(stock):
            name = stock.name
            __module__ = stock.__module__  # tensorflow-datasets looks up the builder's resources there
            VERSION = tfds.core.Version(source.version)

            def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
                return {"train": self._generate_examples(pair.train), "test": self._generate_examples(pair.test)}

            def _generate_examples(self, split: Split) -> Iterator[tuple[int, dict[str, Any]]]:
                nonlocal done
                for index, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
                    # A Pillow image is encoded by Pillow; an array would be encoded by TensorFlow.
                    yield index, {"image": Image.fromarray(image), "label": int(label)}
                    done += 1
                    if done % _BATCH == 0 or done == total:
                        progress(f"preparing {source.name}", done, total, "images")

            def _info(self) -> Any:
                info = super()._info()
                # It would ask a server for what the files have, and leave a folder in the temporary directory.
                info.initialize_from_bucket = lambda: None
                return info

            # These two print regardless of the settings.
            def _log_download_bytes(self) -> None: ...

            def _log_download_done(self) -> None: ...

    tfds.disable_progress_bar()
    builder = Builder(data_dir=data_dir, config=config or None, file_format="array_record")
    with _quiet():
        builder.download_and_prepare(
            download_dir=data_dir / "downloads", download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    return Path(builder.data_path)


def decode_images(source: Source, folder: Path, progress: ProgressCallback) -> SplitPair:
    """Decode a prepared data set, about 7,000 images per second.

    The images are in the order of the prepared files: tensorflow-datasets shuffles them once, when it writes them.

    Args:
        source: The data set.
        folder: The folder of the prepared data set.
        progress: Called with the number of images decoded; an exception from it ends the work.

    Raises:
        DataError: when the files cannot be read or hold another data set.
    """
    import tensorflow_datasets as tfds

    def report(done: int) -> None:
        progress(f"decoding {source.name}", done, source.train.size + source.test.size, "images")

    with reading(folder):
        check_features(folder)
        records = cast(dict[str, Any], tfds.builder_from_directory(folder).as_data_source())
    train = _decode_split(records["train"], source.train, folder, report)
    test = _decode_split(records["test"], source.test, folder, lambda done: report(source.train.size + done))
    if max(train.labels.max(), test.labels.max()) >= len(source.class_names):
        raise DataError(f"{folder} is not {source.name}: it has more than {len(source.class_names)} classes")
    return SplitPair(train, test)


def check_features(folder: Path) -> None:
    """Check which classes a data set names: tensorflow-datasets would import the module of any. Raises ValueError."""
    content = read_regular(folder / "features.json", _MAX_FEATURES_BYTES)
    for text in _texts(json.loads(content)):
        if "." in text and text not in _FEATURE_CLASSES:
            raise ValueError(f"features.json names {text[:80]}, which is not part of such a data set")


def _texts(values: object) -> Iterator[str]:
    match values:
        case str():
            yield values
        case dict():
            yield from (text for value in values.values() for text in _texts(value))
        case list():
            yield from (text for value in values for text in _texts(value))


def _decode_split(records: Any, files: IdxFiles, folder: Path, report: Callable[[int], None]) -> Split:
    if len(records) != files.size:
        raise DataError(f"{folder} has {len(records)} images where there should be {files.size}; move it away")
    images = np.empty((files.size, 28, 28), np.uint8)
    labels = np.empty(files.size, np.int32)
    for start in range(0, files.size, _BATCH):
        rows = range(start, min(start + _BATCH, files.size))
        with reading(folder):
            batch = records.__getitems__(rows)
            images[rows.start : rows.stop] = np.stack([record["image"][..., 0] for record in batch])
            labels[rows.start : rows.stop] = [record["label"] for record in batch]
        report(rows.stop)
    return Split(images, labels)


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Convert any error that tensorflow-datasets raises on damaged or foreign files to a DataError."""
    try:
        with _quiet():
            yield
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"cannot read the prepared data set {folder}: {reason}; move it away, or use another folder (--data.dir)"
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the warnings of tensorflow-datasets, which would prefer OpenCV, on the terminal."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
