"""Compute checksums of a tree of arrays, so that damage of stored arrays is found when they are read.

A file system returns a flipped bit without an error, and the array formats of Orbax do not notice it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

Checksums = dict[str, int]
"""The CRC-32 of each array's bytes, by the array's path in its tree, such as `params/decoder/Dense_0/kernel`."""


def checksums_of(tree: Any) -> Checksums:
    """Compute the checksum of each array of a tree, whose values are copied to the host.

    Args:
        tree: Arrays of JAX or NumPy, typed random keys among them.
    """
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): _checksum_of(leaf) for path, leaf in leaves}


def first_difference(found: Checksums, expected: Mapping[str, int]) -> str | None:
    """Return the path of the first array whose checksum is not the expected one, or None."""
    return next((path for path, checksum in found.items() if expected.get(path) != checksum), None)


def checksum_of_json(content: Mapping[str, Any]) -> int:
    """Compute the checksum of a JSON object, whatever the order of its keys."""
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def _checksum_of(leaf: Any) -> int:
    if isinstance(leaf, jax.Array) and jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return zlib.crc32(np.ascontiguousarray(leaf).reshape(-1).view(np.uint8).data)
