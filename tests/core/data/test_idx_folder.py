"""Folders of IDX files, however they are spelled and compressed."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from own_images import contents, load, make_images
from publishing import idx
from vae_tui.core.errors import DataError

LABELS = (np.arange(48) % 4).astype(np.uint8)


def int32_idx(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 0x0C, array.ndim, *array.shape) + array.astype(">i4").tobytes()


@pytest.mark.parametrize(
    "names",
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
        tuple(
            f"emnist-balanced-{split}-{kind}-ubyte"
            for split in ("train", "test")
            for kind in ("images-idx3", "labels-idx1")
        ),
    ],
)
@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), ("", gzip.compress)])
def test_names_and_compression_are_recognized(names: tuple[str, ...], suffix: str, pack, tmp_path: Path) -> None:
    arrays = (make_images(48), LABELS, make_images(8, seed=1), LABELS[:8])
    (tmp_path / "set").mkdir()
    for name, array in zip(names, arrays, strict=True):
        (tmp_path / "set" / f"{name}{suffix}").write_bytes(pack(idx(array)))
    dataset = load(tmp_path / "set")
    assert dataset.test is not None
    assert (dataset.format, dataset.class_names) == ("IDX files", ("0", "1", "2", "3"))
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (44, 4, 8)


def write(folder: Path, images: bytes, labels: bytes) -> Path:
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(images)
    (folder / "train-labels-idx1-ubyte").write_bytes(labels)
    return folder


def test_qmnist_has_the_class_in_the_first_of_eight_columns(tmp_path: Path) -> None:
    labels = np.stack([LABELS.astype(int), *np.random.default_rng(0).integers(0, 1000, (7, 48))], axis=1)
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "qmnist-train-images-idx3-ubyte").write_bytes(idx(make_images(48)))
    (folder / "qmnist-train-labels-idx2-int").write_bytes(int32_idx(labels))
    plain = load(write(tmp_path / "plain", idx(make_images(48)), idx(LABELS)))
    assert contents(load(folder)) == contents(plain)


def test_rows_and_columns_can_be_swapped(tmp_path: Path) -> None:
    images = make_images(48)
    swapped = load(write(tmp_path / "a", idx(images.transpose(0, 2, 1)), idx(LABELS)), transpose=True)
    assert contents(swapped) == contents(load(write(tmp_path / "b", idx(images), idx(LABELS))))


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (idx(make_images(48)), idx(LABELS[:40]), r"48 images and train-labels-idx1-ubyte 40 labels"),
        (idx(make_images(48))[:-1], idx(LABELS), r"cannot read train-images-idx3-ubyte: holds 3071 values"),
        (b"hello", idx(LABELS), r"cannot read train-images-idx3-ubyte: not an IDX file"),
        (gzip.compress(idx(make_images(48)))[:-9], idx(LABELS), r"cannot read train-images.*damaged"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, idx(LABELS), r"its header promises .* GB; at most 9 GB"),
        (gzip.compress(idx(make_images(48)) + bytes(10**7)), idx(LABELS), r"holds 3073 values"),
    ],
    ids=["other labels", "cut", "no IDX", "cut gzip", "lying header", "bomb"],
)
def test_damaged_files_are_named(images: bytes, labels: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        load(write(tmp_path / "set", images, labels))


def test_several_sets_in_a_folder_are_refused(tmp_path: Path) -> None:
    for name in ("emnist-digits", "emnist-letters"):
        for kind in ("images-idx3", "labels-idx1"):
            (tmp_path / f"{name}-train-{kind}-ubyte").write_bytes(b"")
    with pytest.raises(DataError, match=r"has 2 data sets \(emnist-digits, emnist-letters\); give each of them"):
        load(tmp_path)


def test_a_missing_half_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", idx(make_images(48)), idx(LABELS))
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(make_images(4)))
    with pytest.raises(DataError, match=r"has t10k-images-idx3-ubyte but not the file of its labels"):
        load(folder)
