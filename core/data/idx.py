"""Parse IDX, the file format of MNIST: magic number, dimensions (big-endian), values."""

from __future__ import annotations

import math
import struct

import numpy as np
from jaxtyping import Integer

HEADER_BYTES = 4 + 4 * 255
"""Bytes of a header, at most."""

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


def idx_size(header: bytes) -> int:
    """Return the size in bytes that an IDX file has according to its header.

    Raises:
        ValueError: when it is not the start of an IDX file of bytes or 32-bit integers.
    """
    dtype, shape, start = _parse_header(header)
    return start + math.prod(shape) * dtype.itemsize


def _parse_header(content: bytes) -> tuple[np.dtype[np.generic], tuple[int, ...], int]:
    """Return the type, the shape and the position of the values."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError("not an IDX file of bytes or 32-bit integers")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError("the header is cut off")
    return _TYPES[content[2]], struct.unpack(f">{content[3]}I", content[4:start]), start
