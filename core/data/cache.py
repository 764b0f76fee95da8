"""Cache the decoded images of a data set in one file.

The file loads fast, and damage to it is detected. It holds the SHA-256 digest of the rest, then four .npy arrays:
training images and labels, test images and labels.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from ..files import write_whole
from .dataset import Split, SplitPair

_FORMAT = b"vae-tui decoded images 1"  # part of the digest, so that a file of another format counts as damaged
_DIGEST_SIZE = hashlib.sha256().digest_size


def write_cache(path: Path, pair: SplitPair) -> None:
    """Write the two splits atomically.

    Raises:
        OSError: when the file cannot be written.
    """
    file = io.BytesIO(bytes(_DIGEST_SIZE))
    file.seek(_DIGEST_SIZE)
    for split in (pair.train, pair.test):
        np.save(file, split.images)
        np.save(file, split.labels)
    with file.getbuffer() as content:
        content[:_DIGEST_SIZE] = _digest(content[_DIGEST_SIZE:])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, file.getvalue())


def read_cache(path: Path) -> SplitPair | None:
    """Return the two splits, or None when the file is missing or damaged.

    Raises:
        OSError: when the file exists but cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if _digest(memoryview(content)[_DIGEST_SIZE:]) != content[:_DIGEST_SIZE]:
        return None
    file = io.BytesIO(content)
    file.seek(_DIGEST_SIZE)
    train, test = (Split(np.load(file), np.load(file)) for _ in range(2))
    return SplitPair(train, test)


def _digest(payload: memoryview) -> bytes:
    digest = hashlib.sha256(_FORMAT)
    digest.update(payload)
    return digest.digest()
