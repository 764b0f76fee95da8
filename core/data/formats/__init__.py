"""Readers of image formats: from a path to images as they are stored, labels, and names of classes.

One file per format, each with `matches`, `files` and `read`. `recognize` finds the format of a path. The readers
convert nothing: `core/data/convert.py` does that for all formats alike.
"""

from .raw import (
    ROLES,
    ArrayImages,
    BadImageError,
    EncodedImages,
    RawDataset,
    RawPart,
    Role,
)
from .table_of_formats import FORMATS, Format, recognize

__all__ = [
    "FORMATS",
    "ROLES",
    "ArrayImages",
    "BadImageError",
    "EncodedImages",
    "Format",
    "RawDataset",
    "RawPart",
    "Role",
    "recognize",
]
