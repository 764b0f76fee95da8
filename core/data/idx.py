"""Read IDX, the file format of MNIST: magic number, dimensions (big-endian), values."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Integer

from .dataset import MAX_BYTES

_MAX_DIMENSIONS = 8
_HEADER_BYTES = 4 + 4 * _MAX_DIMENSIONS  # at most
_GZIP = b"\x1f\x8b"

_TYPES = {0x08: np.dtype(np.uint8), 0x0C: np.dtype(">i4")}


def parse_idx(content: bytes) -> Integer[np.ndarray, ...]:
    """Return the array in an IDX file of bytes (uint8) or of 32-bit integers (int32), shaped as in its header.

    Raises:
        ValueError: when the content is not an IDX file of these types, or its length does not match the header.
    """
    dtype, shape, start = _parse_header(content)
    if len(content) - start != math.prod(shape) * dtype.itemsize:
        size = (len(content) - start) // dtype.itemsize
        raise ValueError(f"holds {size} values, not {' x '.join(map(str, shape))}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def read_idx_file(path: Path) -> bytes:
    """Return the content of an IDX file, decompressed if it is gzipped, whatever its name is.

    Not much more is decompressed than the header promises.

    Raises:
        ValueError: when it is damaged, too large, or no IDX file.
        OSError: when it cannot be read.
    """
    with open(path, "rb") as file:
        is_gzip = file.read(2) == _GZIP
    try:
        with gzip.open(path) if is_gzip else open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
            size = _size(header)
            if size > MAX_BYTES:
                raise ValueError(
                    f"its header promises {size / 1e9:.0f} GB; at most {MAX_BYTES / 1e9:.0f} GB are loaded"
                )
            return header + file.read(max(0, size + 1 - len(header)))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"it is damaged ({error})") from error


def _size(header: bytes) -> int:
    """Return the size in bytes that an IDX file has according to its header."""
    dtype, shape, start = _parse_header(header)
    return start + math.prod(shape) * dtype.itemsize


def _parse_header(content: bytes) -> tuple[np.dtype[np.generic], tuple[int, ...], int]:
    """Return the type, the shape and the position of the values."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError("not an IDX file of bytes or 32-bit integers")
    if content[3] > _MAX_DIMENSIONS:
        raise ValueError(f"its header promises {content[3]} dimensions")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError("the header is cut off")
    return _TYPES[content[2]], struct.unpack(f">{content[3]}I", content[4:start]), start
