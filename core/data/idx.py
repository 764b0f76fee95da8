"""Parse IDX, the file format of MNIST: magic number, dimensions (big-endian), values."""

from __future__ import annotations

import math
import struct

import numpy as np
from jaxtyping import UInt8

_UINT8 = 0x08


def parse_idx(content: bytes) -> UInt8[np.ndarray, ...]:
    """Return the array in an IDX file of bytes, shaped as in its header.

    Raises:
        ValueError: when the content is not an IDX file of bytes, or its length does not match the header.
    """
    if len(content) < 4 or content[:3] != bytes([0, 0, _UINT8]):
        raise ValueError("not an IDX file of bytes")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError("the header is cut off")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(f"holds {len(content) - start} values, not {' x '.join(map(str, shape))}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
