"""Reading published files: what is not byte for byte the published content is refused."""

import dataclasses
import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publishing import idx, publish
from vae_tui.core.data.catalog import SOURCES
from vae_tui.core.data.dataset import SplitPair
from vae_tui.core.data.originals import read_originals
from vae_tui.core.errors import DataError

MNIST = Path(__file__).parents[4] / "shared" / "mnist"  # the published files, where somebody has put them


def assert_published(pair: SplitPair) -> None:
    assert (len(pair.train), len(pair.test)) == (120, 24)
    for split in (pair.train, pair.test):
        assert split.images[:, 0, 0].tolist() == list(range(len(split)))
        assert split.labels.tolist() == [number % 10 for number in range(len(split))]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "emnist/letters"])
def test_published_files_are_read(name: str, tmp_path: Path) -> None:
    assert_published(read_originals(publish(tmp_path, name), tmp_path))


def test_files_may_be_compressed_otherwise_or_not_at_all(tmp_path: Path) -> None:
    source = publish(tmp_path)
    images, labels = (tmp_path / f"{name}.gz" for name in (source.train.images, source.train.labels))
    images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes()), compresslevel=1, mtime=1))
    labels.with_suffix("").write_bytes(gzip.decompress(labels.read_bytes()))
    labels.unlink()
    assert_published(read_originals(source, tmp_path))


def test_a_gzipped_file_may_lack_the_suffix(tmp_path: Path) -> None:
    source = publish(tmp_path)
    images = tmp_path / f"{source.train.images}.gz"
    images.rename(images.with_suffix(""))
    assert_published(read_originals(source, tmp_path))


def test_where_only_the_download_is_known_other_wrapping_is_accepted_with_a_note(tmp_path: Path) -> None:
    source = publish(tmp_path, "kmnist")
    assert read_originals(source, tmp_path).note == ""
    path = tmp_path / f"{source.train.images}.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=1))
    pair = read_originals(source, tmp_path)
    assert_published(pair)
    assert "the checksum of the content of train-images-idx3-ubyte is unknown" in pair.note


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((119, 28, 28), np.uint8), np.zeros(119, np.uint8)),
        (np.zeros((120, 28, 27), np.uint8), np.zeros(120, np.uint8)),
        (np.zeros((120, 28, 28), np.uint8), np.full(120, 10, np.uint8)),
        (np.zeros((120, 28, 28), np.uint8), np.zeros(119, np.uint8)),
    ],
)
def test_implausible_content_is_refused(images: np.ndarray, labels: np.ndarray, tmp_path: Path) -> None:
    source = publish(tmp_path, "kmnist")
    (tmp_path / source.train.images).write_bytes(idx(images))
    (tmp_path / source.train.labels).write_bytes(idx(labels))
    with pytest.raises(DataError, match="does not hold kmnist"):
        read_originals(source, tmp_path)


def test_a_longer_file_gives_its_first_images(tmp_path: Path) -> None:
    source = publish(tmp_path, "emnist/letters", sizes=(200, 40))
    shorter = dataclasses.replace(
        source, train=dataclasses.replace(source.train, size=120), test=dataclasses.replace(source.test, size=24)
    )
    assert_published(read_originals(shorter, tmp_path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["mnist", "kmnist", "emnist/digits"]), data=st.data())
def test_damage_is_never_accepted(name: str, data: st.DataObject, tmp_path: Path) -> None:
    source = publish(tmp_path, name)
    path = tmp_path / data.draw(st.sampled_from(source.downloads)).filename
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    refusal = ""
    try:
        assert_published(read_originals(source, tmp_path))
    except DataError as error:
        refusal = str(error)
    # A byte of the gzip header may differ, as long as the content is the same.
    assert path.name in refusal or name in ("mnist", "kmnist")
    assert "\n" not in refusal


@pytest.mark.parametrize("name", ["mnist", "kmnist", "emnist/digits"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    source = publish(tmp_path, name)
    missing = tmp_path / source.downloads[-1].filename
    missing.unlink()
    with pytest.raises(DataError, match=f"{tmp_path} has no {missing.name}"):
        read_originals(source, tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no folder .*nowhere: .*train-images-idx3-ubyte\.gz"):
        read_originals(SOURCES["mnist"], tmp_path / "nowhere")


def test_another_set_of_the_same_layout_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    with pytest.raises(DataError, match="is not the published file"):
        read_originals(SOURCES["fashion_mnist"], tmp_path)


@pytest.mark.parametrize("folder", ["", "gzip"], ids=["beside", "in the folder of the archive"])
def test_files_of_an_archive_may_be_unpacked(folder: str, tmp_path: Path) -> None:
    source = publish(tmp_path, "emnist/letters")
    with zipfile.ZipFile(tmp_path / "gzip.zip") as archive:
        archive.extractall(tmp_path)
    (tmp_path / "gzip.zip").unlink()
    for file in [*(tmp_path / "gzip").iterdir()]:
        file.rename(tmp_path / folder / file.name)
    pair = read_originals(source, tmp_path)
    assert_published(pair)
    assert "the checksum of the content of emnist-letters-train-images-idx3-ubyte" in pair.note
    (tmp_path / folder / f"{source.test.labels}.gz").unlink()
    with pytest.raises(DataError, match=r"has no emnist-letters-test-labels-idx1-ubyte\.gz"):
        read_originals(source, tmp_path)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as archive:
        archive.writestr("gzip/anything", b"")
    with pytest.raises(DataError, match=r"gzip\.zip is not the published file"):
        read_originals(SOURCES["emnist/digits"], tmp_path)


@pytest.mark.skipif(not MNIST.is_dir(), reason="the published MNIST files are not here")
def test_mnist_itself_is_accepted() -> None:
    pair = read_originals(SOURCES["mnist"], MNIST)
    assert (len(pair.train), len(pair.test)) == (60_000, 10_000)
    assert np.bincount(pair.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
