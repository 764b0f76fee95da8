"""Read Parquet files with an image column and a label column, as Hugging Face's datasets are stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Shaped

from ...config import DataConfig
from ...errors import DataError
from ..names import enumerate_names, escape
from .raw import ROLE_NAMES, ROLES, BadImageError, EncodedImages, RawDataset, RawPart, Role
from .source_files import is_folder, visible, with_suffix

if TYPE_CHECKING:
    import pyarrow as pa

_LABEL_NAMES = ("label", "labels", "fine_label", "class", "target")
_SPLIT = re.compile(r"(?P<split>[a-z]+)([-_.].*)?\.parquet", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Return whether a path is a Parquet file, or a folder with some."""
    return path.suffix.lower() == ".parquet" if not path.is_dir() else bool(files(path))


def files(path: Path) -> list[Path]:
    """Return the Parquet files."""
    return [path] if not path.is_dir() else [file for folder in _folders(path).values() for file in folder]


def _folders(path: Path) -> dict[str, list[Path]]:
    """Return the Parquet files in a folder, or else in those below it: repositories have one for each configuration."""
    if here := _parquet_files(path):
        return {path.name: here}
    below = [Path(entry.path) for entry in visible(path) if is_folder(entry)]
    return {folder.name: found for folder in below if (found := _parquet_files(folder))}


def _parquet_files(folder: Path) -> list[Path]:
    return with_suffix((Path(entry.path) for entry in visible(folder)), (".parquet",))


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images in Parquet files; they are decoded later.

    Raises:
        DataError: when pyarrow is not installed, or a file is damaged or has no such columns.
    """
    if path.is_dir() and len(found := _folders(path)) > 1:
        names = enumerate_names([escape(name) for name in found], 8)
        raise DataError(f"{escape(str(path))} has Parquet files in {len(found)} folders ({names}); give one of them")
    by_role: dict[Role, list[Path]] = {}
    for file in files(path):
        name = _SPLIT.fullmatch(file.name) if path.is_dir() else None
        role = ROLE_NAMES.get(name["split"].lower(), "train") if name else "train"
        by_role.setdefault(role, []).append(file)
    parts, names = [], []
    for role in ROLES:
        for file in by_role.get(role, []):
            table = _load(file)
            image, label = _columns(table, escape(file.name))
            parts.append(_part(role, table, image, label, escape(file.name)))
            names.append(_class_names(table, label))
    if len(set(names)) > 1:
        raise DataError(f"the files in {escape(str(path))} name different classes; give the files of one data set")
    return RawDataset(tuple(parts), names[0])


def _load(path: Path) -> pa.Table:
    """Return the table in a file, whose encoded images stay as they are."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(
            f"{escape(path.name)} needs pyarrow, which is not installed; install it with pip install 'vae-tui[parquet]'"
        ) from error
    try:
        return pq.read_table(path, use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or ["unknown error"])[0]
        raise DataError(f"cannot read {escape(path.name)}: it is damaged ({escape(reason)})") from error


def _columns(table: pa.Table, name: str) -> tuple[str, str]:
    """Return the names of the image column and the label column."""
    import pyarrow as pa

    columns: dict[str, Any] = {field.name: field.type for field in table.schema}
    images = [
        column
        for column, kind in columns.items()
        if _is_binary(kind) or (pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0)
    ]
    kinds = (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string)
    possible = [column for column, kind in columns.items() if any(is_kind(kind) for is_kind in kinds)]
    labels = [column for column in possible if column.lower() in _LABEL_NAMES] or possible
    if not images or len(labels) != 1:
        found = enumerate_names([escape(column) for column in columns], 8)
        raise DataError(
            f"{name} has the columns {found}; it needs an image column (struct of bytes and path) and a label column"
        )
    return images[0], labels[0]


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _part(role: Role, table: pa.Table, image: str, label: str, name: str) -> RawPart:
    column = table.column(image)

    def read_image(index: int) -> bytes:
        value = column[index].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if content is None:
            raise BadImageError("the file has no bytes for it")
        return content

    images = EncodedImages(len(column), read_image, lambda index: f"{name}: row {index + 1}")
    return RawPart(role, images, _labels(table.column(label)))


def _labels(column: Any) -> Shaped[np.ndarray, " n"]:
    """Return labels as numbers or texts; NaN and the empty text stand for a missing one."""
    values = column.to_pylist()
    if any(isinstance(value, str) for value in values):
        return np.array([value or "" for value in values], np.str_)
    return np.array(values, np.float64 if column.null_count else np.int64)  # None becomes NaN


def _class_names(table: pa.Table, label: str) -> tuple[str, ...]:
    """Return the names in the metadata that Hugging Face's library writes, or none."""
    metadata = (table.schema.metadata or {}).get(b"huggingface")
    try:
        names = json.loads(metadata or b"{}")["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError):  # the metadata are optional
        return ()
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(escape(name) for name in names) if is_list else ()
