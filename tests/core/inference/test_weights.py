"""Parameters as safetensors files: what is written can be read, and what is no such file is refused."""

import json
import os
import re
import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from safetensors.numpy import load_file, save_file
from vae_tui.core.config import Config, ModelConfig
from vae_tui.core.errors import CheckpointError
from vae_tui.core.inference.saved_run import TrainedModel
from vae_tui.core.inference.weights import read_weights, write_weights

CONFIG = Config(model=ModelConfig(latents=3, hidden=(7, 5)))
MEAN = {"mean_image": np.zeros((6, 5, 3), np.float32)}
"""What every model has, and tells the shape of its images."""
CLASSES = ("zero", 'o"n"e', "zwölf")

NAMES = st.text("abc_0", min_size=1, max_size=4)
ARRAYS = npst.arrays(np.float32, npst.array_shapes(min_dims=0, max_dims=4, max_side=3), elements=st.floats(width=32))
TREES = st.dictionaries(NAMES, ARRAYS | st.dictionaries(NAMES, ARRAYS, min_size=1, max_size=3), min_size=1, max_size=4)


def model(params: Any) -> TrainedModel:
    return TrainedModel(CONFIG, CLASSES, 4290, "ema", params | MEAN)


@given(TREES)
def test_parameters_come_back_bit_for_bit(params: Any) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.safetensors")
        write_weights(path, model(params))
        found, _ = read_weights(path)
    assert found.keys() == (params | MEAN).keys()
    for name, branch in params.items():
        pairs = [(branch[k], found[name][k]) for k in branch] if isinstance(branch, dict) else [(branch, found[name])]
        for wanted, array in pairs:
            assert array.dtype == np.float32
            np.testing.assert_array_equal(array, wanted)


def test_other_programs_find_names_arrays_and_what_they_belong_to(tmp_path: Path) -> None:
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    params = {"encoder": {"Dense_0": {"kernel": jnp.asarray(kernel)}, "transposed": kernel.T}, "scale": jnp.zeros(())}
    path = tmp_path / "a.safetensors"
    write_weights(path, model(params))
    arrays = load_file(path)
    assert arrays.keys() == {"encoder/Dense_0/kernel", "encoder/transposed", "scale", "mean_image"}
    np.testing.assert_array_equal(arrays["encoder/Dense_0/kernel"], kernel)
    np.testing.assert_array_equal(arrays["encoder/transposed"], kernel.T)  # not the memory as it lies there
    assert arrays["scale"].shape == ()
    _, metadata = read_weights(path)
    assert Config.from_json(json.loads(metadata["config"])) == CONFIG
    assert tuple(json.loads(metadata["class_names"])) == CLASSES
    assert json.loads(metadata["image_shape"]) == [6, 5, 3]
    assert (metadata["step"], metadata["source"], metadata["format"]) == ("4290", "ema", "flax")


def test_files_of_other_programs_can_be_read(tmp_path: Path) -> None:
    save_file({"a/b": np.ones(2, np.float16)}, tmp_path / "a.safetensors")
    params, metadata = read_weights(tmp_path / "a.safetensors")
    assert metadata == {}
    np.testing.assert_array_equal(params["a"]["b"], [1, 1])


def test_nothing_is_left_of_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_weights(tmp_path / "missing" / "a.safetensors", model({"a": np.ones(1)}))
    (tmp_path / "b").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_weights(tmp_path / "b", model({"a": np.ones(1)}))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    write_weights(tmp_path / "good.safetensors", model({"a": {"b": np.ones((3, 4))}}))
    return (tmp_path / "good.safetensors").read_bytes()


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_a_file_that_is_cut_off_is_an_error(good: bytes, keep: int, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(good[:keep])
    with pytest.raises(CheckpointError, match=re.escape(f"{path} is damaged or not a safetensors file: ")):
        read_weights(path)


def test_other_files_are_errors(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones(100))
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_weights(tmp_path / "a.npy")
    with pytest.raises(CheckpointError, match=r"cannot read .*missing.*: No such file"):
        read_weights(tmp_path / "missing")
    with pytest.raises(CheckpointError, match="cannot read"):
        read_weights(tmp_path)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("x/a/b/c", "x/a")])
def test_an_array_with_others_below_it_is_an_error(names: tuple[str, ...], tmp_path: Path) -> None:
    save_file({name: np.ones(1, np.float32) for name in names}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="is an array and has others below it"):
        read_weights(tmp_path / "a.safetensors")


def test_numbers_that_numpy_does_not_know_are_an_error(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F8_E8M0", "shape": [1], "data_offsets": [0, 1]}}).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0")
    with pytest.raises(CheckpointError, match=r"a\.safetensors"):
        read_weights(tmp_path / "a.safetensors")


def test_a_name_with_very_many_folders_is_an_error(tmp_path: Path) -> None:
    save_file({"a/" * 3000 + "b": np.ones(1, np.float32)}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=r"is not a tree of parameters: a/a/a/.*… is nested too deeply"):
        read_weights(tmp_path / "a.safetensors")


def test_a_header_that_is_nested_very_deeply_is_an_error(tmp_path: Path) -> None:
    header = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(CheckpointError, match="is damaged or not a safetensors file"):
        read_weights(tmp_path / "a.safetensors")


def test_a_pipe_is_no_file_of_parameters(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="not a regular file"):
        read_weights(tmp_path / "a.safetensors")
