"""Data sets that tensorflow-datasets has prepared, below tfds:NAME."""

from pathlib import Path

import pytest
from own_images import contents, load
from publishing import publish
from vae_tui.core.data.builder import prepare
from vae_tui.core.data.originals import read_originals
from vae_tui.core.errors import DataError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A folder of prepared data sets, with a small KMNIST in it."""
    (tmp_path / "files").mkdir()
    source = publish(tmp_path / "files", "kmnist", sizes=(48, 8))
    pair = read_originals(source, tmp_path / "files")
    prepare(source, pair, tmp_path / "prepared", lambda label, done, total, unit: None)
    return tmp_path / "prepared"


def test_a_prepared_set_is_found_by_its_name(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load("tfds:kmnist", dir=str(directory))
    assert dataset.test is not None
    assert (dataset.name, dataset.format) == ("kmnist", "prepared by tensorflow-datasets")
    assert dataset.class_names == ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (47, 1, 8)
    assert contents(load(directory / "kmnist" / "3.0.1")) == contents(dataset)
    monkeypatch.setenv("TFDS_DATA_DIR", str(directory))
    assert contents(load("tfds:kmnist/3.0.1", dir=str(directory / "other"))) == contents(dataset)


def test_what_is_not_prepared_is_refused(directory: Path) -> None:
    with pytest.raises(DataError, match=r"cifar10 is not prepared in .*; prepare it there with tensorflow-datasets"):
        load("tfds:cifar10", dir=str(directory))
    with pytest.raises(DataError, match="is no name of a data set"):
        load("tfds:../kmnist", dir=str(directory))


def test_a_damaged_set_is_refused(directory: Path) -> None:
    for path in (directory / "kmnist" / "3.0.1").glob("*array_record*"):
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot read the prepared data set"):
        load("tfds:kmnist", dir=str(directory))
