"""The digits that come with the package."""

from __future__ import annotations

import zipfile
import zlib
from importlib.resources import files

import numpy as np

from ..errors import DataError
from . import packaged
from .catalog import PACKAGED
from .dataset import Dataset, Split
from .splits import hold_out_per_class

PACKAGED_SIZES = 4_500, 500
"""Images to train on and for validation."""


def load_packaged() -> Dataset:
    """The packaged digits: 4,500 of MNIST's training images to train on, 500 (50 a class) for validation, no test.

    Raises:
        DataError: when the installed file is damaged.
    """
    try:
        with files(packaged).joinpath("mnist5k.npz").open("rb") as file, np.load(file) as arrays:
            split = Split(arrays["images"], arrays["labels"].astype(np.int32))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"the packaged digits are damaged ({error}); install vae-tui again") from error
    train, validation = hold_out_per_class(split, 50)
    return Dataset(PACKAGED, tuple("0123456789"), train, validation, None)
