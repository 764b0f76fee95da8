"""Read a folder of IDX files, as MNIST, EMNIST and QMNIST are published: plain or gzipped, whatever the suffix says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from jaxtyping import Integer, Shaped

from ...config import DataConfig
from ...errors import DataError
from ..idx import parse_idx, read_idx_file
from ..names import enumerate_names, escape
from .raw import ROLE_NAMES, ROLES, ArrayImages, RawDataset, RawPart, Role
from .rows import as_images
from .source_files import visible
from .values import describe_white, find_white

_NAME = re.compile(
    r"(?P<set>.*?)[-_.]?(?P<split>training|train|t10k|test|validation|valid|val)[-_.](?P<kind>images|labels)"
    r"([-_.]idx\d[-_.](ubyte|int))?(\.gz)?",
    re.IGNORECASE,
)


def matches(path: Path) -> bool:
    """Return whether a path is a folder with a pair of IDX files, of images and labels."""
    return path.is_dir() and any(len(pair) == 2 for pair in _pairs(path).values())


def files(path: Path) -> list[Path]:
    """Return the IDX files in a folder."""
    return sorted(file for pair in _pairs(path).values() for file in pair.values())


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images in a folder of IDX files.

    Raises:
        DataError: when it holds several sets, or a file is missing, damaged or too large.
    """
    pairs = _pairs(path)
    sets = sorted({name for name, _ in pairs})
    if len(sets) > 1:
        names = enumerate_names([escape(name) or "train-images" for name in sets])
        raise DataError(f"{escape(str(path))} has {len(sets)} data sets ({names}); give each of them its own folder")
    splits: list[tuple[Role, dict[str, Path]]] = [
        (role, pair) for role in ROLES for (_, found), pair in pairs.items() if found == role
    ]
    images = [as_images(_read(pair, "images", path), _named(pair["images"]), config.shape) for _, pair in splits]
    labels = [_class_numbers(_read(pair, "labels", path)) for _, pair in splits]
    for (_, pair), array, numbers in zip(splits, images, labels, strict=True):
        if len(array) != len(numbers):
            raise DataError(
                f"{_named(pair['images'])} has {len(array):,} images and {_named(pair['labels'])} {len(numbers):,}"
                " labels; give the files that belong together"
            )
    white = find_white(images, escape(path.name))
    parts = tuple(
        RawPart(role, ArrayImages(array, white), numbers)
        for (role, _), array, numbers in zip(splits, images, labels, strict=True)
    )
    return RawDataset(parts, (), describe_white(white))


def _pairs(path: Path) -> dict[tuple[str, Role], dict[str, Path]]:
    """Return the files of images and labels by the name of the set and the split."""
    pairs: dict[tuple[str, Role], dict[str, Path]] = {}
    for entry in visible(path):
        name = _NAME.fullmatch(entry.name)
        if name and entry.is_file():
            key = name["set"].lower(), ROLE_NAMES[name["split"].lower()]
            pairs.setdefault(key, {}).setdefault(name["kind"].lower(), Path(entry.path))
    return pairs


def _read(pair: dict[str, Path], kind: str, folder: Path) -> Integer[np.ndarray, ...]:
    if kind not in pair:
        other = _named(next(iter(pair.values())))
        raise DataError(f"{escape(str(folder))} has {other} but not the file of its {kind}; put it there as well")
    try:
        return parse_idx(read_idx_file(pair[kind]))
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(f"cannot read {_named(pair[kind])}: {reason}") from error


def _class_numbers(labels: Shaped[np.ndarray, ...]) -> Shaped[np.ndarray, " n"]:
    """Return a number per image: QMNIST has rows of eight, of which the first is the class."""
    return labels.reshape(len(labels), -1)[:, 0] if labels.size else labels.reshape(-1)


def _named(path: Path) -> str:
    return escape(path.name)
