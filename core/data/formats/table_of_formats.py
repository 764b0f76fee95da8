"""List the formats, and recognize the format of a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...config import DataConfig
from ...errors import DataError
from ..names import escape
from . import arrays, idx_folder, image_folder, parquet, prepared, table
from .image_files import SUFFIXES
from .raw import RawDataset


@dataclass(frozen=True)
class Format:
    """A way in which images are stored."""

    name: str
    """What to call it in a message."""
    matches: Callable[[Path], bool]
    """Returns whether a path that exists is of this format, from its name and its folder's content."""
    files: Callable[[Path], list[Path]]
    """Returns the files that the images depend on."""
    read: Callable[[Path, DataConfig], RawDataset]
    """Returns the images, or raises DataError."""


FORMATS = (
    Format("prepared by tensorflow-datasets", prepared.matches, prepared.files, prepared.read),
    Format("NumPy arrays", arrays.matches, arrays.files, arrays.read),
    Format("CSV table", table.matches, table.files, table.read),
    Format("Parquet", parquet.matches, parquet.files, parquet.read),
    Format("IDX files", idx_folder.matches, idx_folder.files, idx_folder.read),
    Format("folder of images", image_folder.matches, image_folder.files, image_folder.read),
)
"""All formats. The first that matches is taken: a folder of IDX files may hold a picture as well."""


def recognize(path: Path) -> Format:
    """Return the format of a file or a folder.

    Raises:
        DataError: when it does not exist or is of no known format; the message lists the formats.
    """
    try:
        if not path.exists():
            raise DataError(f"there is no file or folder {escape(str(path))}; correct the path")
        found = next((known for known in FORMATS if known.matches(path)), None)
    except OSError as error:
        raise DataError(f"cannot read {escape(str(error.filename or path))}: {error.strerror or error}") from error
    if found is not None:
        return found
    if path.name.lower().endswith(SUFFIXES):
        raise DataError(f"{escape(str(path))} is a single image; give the folder that holds it and others")
    raise DataError(
        f"{escape(str(path))} holds no images in a known format; give a folder of image files ({', '.join(SUFFIXES)}),"
        " of IDX files or of .parquet files, or a file .npz, .npy, .csv, .csv.gz or .parquet"
    )
