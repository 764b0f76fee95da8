"""Load the digits that are packaged with vae-tui."""

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
"""Number of training and of validation images."""


def load_packaged() -> Dataset:
    """Load the packaged digits, 5,000 of MNIST's training images.

    4,500 are the training split and 500 (50 per class) the validation split; there is no test split.

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
