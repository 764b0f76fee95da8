"""Write and read parameters as safetensors files, which other programs can read without JAX.

An array is named by its path ("encoder/Dense_0/kernel"). Every kernel belongs to an `nn.Dense` and has the shape
[inputs, outputs]; the kernel of a convolution (`model.convolution`) is the matrix by which its patches are multiplied:
- Convolution_N/Dense_0/kernel is [9 * inputs, outputs]: a row for each (row, column, channel) of a 3x3 window.
- StridedConvolution_N/Dense_0/kernel is [16 * inputs, outputs]: a row for each (row, column) of a 2x2 window of blocks
  and, within it, each (row, column, channel) of a block of 2x2 pixels.
- TransposedConvolution_N/Dense_0/kernel is [inputs, 16 * outputs], with columns in the order of those rows; the bias,
  one number for each output channel, is TransposedConvolution_N/bias.

The metadata describe the model and the checkpoint of the parameters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..errors import CheckpointError
from ..files import output_file
from ..learning.train_state import Params, flatten, unflatten

if TYPE_CHECKING:
    from .saved_run import TrainedModel

MAX_DEPTH = 32
"""Levels of a tree of parameters, at most: a model of this package has five."""


def write_weights(path: Path, model: TrainedModel) -> None:
    """Write a model's parameters as float32, with metadata to rebuild the model.

    The metadata are strings: `config`, `class_names` and `image_shape` as JSON, `step`, `source` ("ema" or "raw")
    and `format`.

    Raises:
        OSError: when the file cannot be written; an earlier file at `path` is left unchanged.
    """
    metadata = {
        "format": "flax",
        "config": json.dumps(model.config.to_json()),
        "class_names": json.dumps(model.class_names),
        "image_shape": json.dumps(model.module.image_shape),
        "step": str(model.step),
        "source": model.source,
    }
    # safetensors copies the memory as it is, so the arrays must be in C order.
    arrays = {name: np.asarray(leaf, np.float32, order="C") for name, leaf in flatten(model.params).items()}
    with output_file(path) as file:
        file.write(save(arrays, metadata))


def read_weights(path: Path) -> tuple[Params, dict[str, str]]:
    """Read a safetensors file: a nested tree of NumPy arrays, and the metadata.

    Raises:
        CheckpointError: when the file is missing, damaged, or not a safetensors file of parameters.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise CheckpointError(f"cannot read {path}: it is not a regular file")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged or not a safetensors file: {error}") from error
    except (AttributeError, TypeError) as error:  # raised by safetensors for dtypes that NumPy does not have
        raise CheckpointError(f"{path} has a number type that NumPy does not support: {error}") from error
    for name in arrays:
        if name.count("/") >= MAX_DEPTH:
            raise CheckpointError(f"{path} is not a tree of parameters: {name[:40]}… is nested too deeply")
    folders = {name[:i] for name in arrays for i, character in enumerate(name) if character == "/"}
    for name in folders & arrays.keys():
        raise CheckpointError(f"{path} is not a tree of parameters: {name} is an array and has others below it")
    return unflatten(arrays), metadata
