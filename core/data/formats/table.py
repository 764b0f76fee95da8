"""Read a table of images: a CSV file, gzipped or not, with an image and its label in each row."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Shaped

from ...config import DataConfig
from ...errors import DataError
from ..dataset import MAX_BYTES
from ..names import escape
from .raw import ArrayImages, RawDataset, RawPart
from .rows import as_images
from .values import describe_white, find_white

_LABEL_NAMES = ("label", "labels", "class", "target", "y")
_MAX_LINE = 1 << 20  # bytes
_ROWS = 4096  # rows per step


def matches(path: Path) -> bool:
    """Return whether a path is named as a table is."""
    return path.name.lower().endswith((".csv", ".csv.gz")) and not path.is_dir()


def files(path: Path) -> list[Path]:
    """Return the file itself."""
    return [path]


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images in a table.

    The label is in the first or the last column: where the header or a text says so, else where the values look like
    class numbers.

    Raises:
        DataError: when it is no such table.
    """
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else open(path, "rb") as file:
            labels, pixels, note = _read_rows(file.readline, escape(path.name))
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {escape(path.name)}: it is damaged, or not a table ({error})") from error
    images = as_images(pixels, escape(path.name), config.shape)
    white = find_white([images], escape(path.name))
    return RawDataset((RawPart("train", ArrayImages(images, white), labels),), (), (note, *describe_white(white)))


def _read_rows(
    readline: Callable[[int], bytes], name: str
) -> tuple[Shaped[np.ndarray, " n"], Float32[np.ndarray, "n pixels"], str]:
    """Return the labels, the pixels, and a note that says where the labels were."""
    lines = _lines(readline, name)
    head = list(itertools.islice(lines, 2))
    if not head:
        raise DataError(f"{name} is empty; give a table with an image and its label in each row")
    fields = [field.strip().strip('"') for field in head[0][1].split(",")]
    has_header = sum(not _is_number(field) for field in fields) > 1
    if has_header and len(head) == 1:
        raise DataError(f"{name} has a header but no rows; give a table with an image and its label in each row")
    first_row = [field.strip().strip('"') for field in head[has_header][1].split(",")]
    if len(first_row) < 2:
        raise DataError(f"{name} has one column; give a table with an image and its label in each row, after commas")
    place = _stated_place(fields if has_header else [], first_row)
    texts, blocks = _parse(itertools.chain(head[has_header:], lines), len(first_row), place, name)
    if place is not None:
        return _numbers_or_texts(texts), blocks, f"labels are in the {'first' if place == 0 else 'last'} column"
    place = 0 if _likeness(blocks[:, 0]) >= _likeness(blocks[:, -1]) else -1
    labels, pixels = (blocks[:, 0], blocks[:, 1:]) if place == 0 else (blocks[:, -1], blocks[:, :-1])
    return labels, pixels, f"labels are taken from the {'first' if place == 0 else 'last'} column"


def _lines(readline: Callable[[int], bytes], name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers."""
    for number in itertools.count(1):
        line = readline(_MAX_LINE + 1)
        if len(line) > _MAX_LINE:
            raise DataError(f"{name}: line {number} is longer than {_MAX_LINE:,} bytes; give a table of small images")
        if not line:
            return
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        if text:
            yield number, text


def _stated_place(header: list[str], first_row: list[str]) -> int | None:
    """Return the column of the labels, 0 or -1, if the header or a text in the first row tells it."""
    for place in (0, -1):
        if header and header[place].lower() in _LABEL_NAMES:
            return place
    for place in (0, -1):
        if not _is_number(first_row[place]):
            return place
    return None


def _parse(
    lines: Iterator[tuple[int, str]], width: int, place: int | None, name: str
) -> tuple[list[str], Float32[np.ndarray, "n columns"]]:
    """Return the texts of the labels' column, if it is known, and the numbers of the other columns."""
    labels: list[str] = []
    blocks: list[Float32[np.ndarray, "k columns"]] = []
    size = 0
    while chunk := list(itertools.islice(lines, _ROWS)):
        rows = [line for _, line in chunk]
        if place == 0:
            pairs = [line.partition(",")[::2] for line in rows]
            labels += [label.strip().strip('"') for label, _ in pairs]
            rows = [rest for _, rest in pairs]
        elif place == -1:
            pairs = [line.rpartition(",")[::2] for line in rows]
            labels += [label.strip().strip('"') for _, label in pairs]
            rows = [rest for rest, _ in pairs]
        columns = width - (place is not None)
        try:
            block = np.loadtxt(rows, np.float32, delimiter=",", ndmin=2, comments=None, quotechar='"')
            if block.shape != (len(rows), columns):
                raise ValueError("a row has another number of columns")
        except ValueError as error:
            raise _fault(chunk, rows, columns, name) from error
        blocks.append(block)
        size += block.nbytes
        if size > MAX_BYTES:
            raise DataError(f"{name} has more than {MAX_BYTES / 1e9:.0f} GB of numbers; give a smaller table")
    return labels, np.concatenate(blocks)


def _fault(chunk: list[tuple[int, str]], rows: list[str], columns: int, name: str) -> DataError:
    """Return the error for the first row that is not so many numbers."""
    for (number, _), row in zip(chunk, rows, strict=True):
        fields = row.split(",")
        if len(fields) != columns:
            return DataError(
                f"{name}: line {number} has {len(fields)} pixels, the first row {columns}; correct the line"
            )
        for field in fields:
            if not _is_number(field):
                return DataError(f"{name}: line {number} has {escape(field[:40])!r} where a pixel's value should be")
    return DataError(f"{name}: lines {chunk[0][0]} to {chunk[-1][0]} cannot be read as numbers")


def _likeness(column: Float32[np.ndarray, " n"]) -> int:
    """Return how much a column looks like class numbers: 2 without gaps, 1 for several whole numbers, else 0."""
    values = np.unique(column)
    if len(values) < 2 or values[0] < 0 or not (values == np.rint(values)).all():
        return 0
    return 2 if values[0] in (0, 1) and values[-1] - values[0] == len(values) - 1 else 1


def _numbers_or_texts(labels: list[str]) -> Shaped[np.ndarray, " n"]:
    """Return labels as numbers if all of them are."""
    if all(_is_number(label) for label in labels):
        return np.array(labels, np.float64)
    return np.array(labels)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
