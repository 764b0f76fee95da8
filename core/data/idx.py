"""IDX, the file format of MNIST: a magic number, the dimensions (big-endian), the values."""

from __future__ import annotations

import math
import struct

import numpy as np
from jaxtyping import UInt8

_UINT8 = 0x08


def parse_idx(content: bytes) -> UInt8[np.ndarray, ...]:
    """The array of bytes in an IDX file, with the dimensions that its header gives.

    Raises:
        ValueError: when the content is no IDX file of bytes, or is not as long as its header says.
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
