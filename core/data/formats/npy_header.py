"""Read arrays in NumPy's format, after checking that the header tells the truth about the size."""

from __future__ import annotations

import math
import tokenize
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import Shaped

from ..dataset import MAX_BYTES

_MAX_RATIO = 1100  # deflate compresses to 1/1032 at best


def read_npy(path: Path) -> Shaped[np.ndarray, ...]:
    """Return the array in a .npy file, mapped into memory rather than read.

    Raises:
        ValueError: when the file is damaged, too large, or holds Python objects.
        OSError: when it cannot be read.
    """
    with open(path, "rb") as file:
        _check_header(file, path.stat().st_size)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def read_member(archive: zipfile.ZipFile, name: str) -> Shaped[np.ndarray, ...]:
    """Return an array of a .npz file.

    Raises:
        ValueError: when the array is damaged, too large, or holds Python objects.
        OSError, zipfile.BadZipFile, zlib.error: when it cannot be read.
    """
    info = archive.getinfo(name)
    if info.file_size > _MAX_RATIO * max(info.compress_size, 1):
        raise ValueError(f"its size of {info.file_size:,} bytes cannot be true")
    with archive.open(info) as file:
        _check_header(file, info.file_size)
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _check_header(file: IO[bytes] | zipfile.ZipExtFile, size: int) -> None:
    """Compare the size of a file with that of the array in its header, and check the array's type."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version[0]}.{version[1]} of NumPy's format is not supported")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = reader(file)
    except (tokenize.TokenError, SyntaxError) as error:  # NumPy repairs headers of Python 2 with them
        raise ValueError("its header is damaged") from error
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not loaded because they may run code; store plain arrays")
    content = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or file.tell() + content != size:
        raise ValueError(f"its header promises {' x '.join(map(str, shape))} values, but it has another size")
    if content > MAX_BYTES:
        raise ValueError(f"it has {content / 1e9:.0f} GB; at most {MAX_BYTES / 1e9:.0f} GB are loaded")
