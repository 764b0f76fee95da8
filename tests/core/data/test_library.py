"""Choosing, listing, loading and preparing data sets, as the rest of the program does."""

import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from own_images import make_images, write_folder
from publishing import WebServer, publish
from vae_tui.core.config import DataConfig
from vae_tui.core.data import list_datasets, load_dataset, prepare_dataset, resolve_name, train_size
from vae_tui.core.data.catalog import SOURCES, Source
from vae_tui.core.data.library import data_directory
from vae_tui.core.errors import DataError


def ignore(label: str, done: int, total: int, unit: str) -> None: ...


@pytest.fixture
def small_mnist(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> Source:
    """MNIST is a small data set that a server on this machine publishes."""
    source = publish(web.folder, base_url=web.url)
    monkeypatch.setitem(cast(dict[str, Source], SOURCES), "mnist", source)
    return source


@pytest.fixture
def directory(tmp_path: Path) -> str:
    return str(tmp_path / "data")


def test_auto_is_mnist_where_it_can_be_fetched(small_mnist: Source, directory: str) -> None:
    resolved = resolve_name(DataConfig("auto", directory))
    assert (resolved.name, resolved.note) == ("mnist", "")
    assert not Path(directory).exists()  # asking leaves no trace


@pytest.mark.parametrize("status", [403, 407])
def test_auto_is_the_packaged_digits_where_it_cannot(
    status: int, small_mnist: Source, web: WebServer, directory: str
) -> None:
    web.answer = (status, b"")
    resolved = resolve_name(DataConfig("auto", directory))
    assert resolved.name == "mnist5k"
    assert "no network" in resolved.note
    assert "5,000 packaged MNIST digits" in resolved.note
    assert "`vae-tui data`" in resolved.note


def test_auto_asks_no_network_where_mnist_is_prepared(small_mnist: Source, web: WebServer, directory: str) -> None:
    prepare_dataset("mnist", directory, web.folder, ignore)
    assert resolve_name(DataConfig("auto", directory)).name == "mnist"
    assert web.requests == []


def test_auto_is_the_packaged_digits_where_nothing_can_be_kept(small_mnist: Source, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    resolved = resolve_name(DataConfig("auto", str(tmp_path / "file" / "data")))
    assert resolved.name == "mnist5k"
    assert "cannot write" in resolved.note


@pytest.mark.parametrize("name", ["mnist5k", *SOURCES])
def test_a_known_name_stays(name: str) -> None:
    resolved = resolve_name(DataConfig(name))
    assert (resolved.name, resolved.note) == (name, "")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(DataError, match=r"unknown data set 'mnits'.*did you mean mnist"):
        resolve_name(DataConfig("mnits"))


def test_the_packaged_digits_load(directory: str) -> None:
    dataset = load_dataset(DataConfig("mnist5k", directory), ignore)
    assert (dataset.name, len(dataset.train), len(dataset.validation), dataset.test) == ("mnist5k", 4500, 500, None)
    assert not Path(directory).exists()


def test_a_published_set_loads_with_a_twelfth_held_out(small_mnist: Source, directory: str) -> None:
    dataset = load_dataset(DataConfig("mnist", directory), ignore)
    assert dataset.name == "mnist"
    assert dataset.class_names == tuple("0123456789")
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (110, 10, 24)
    numbers = np.concatenate([dataset.train.images[:, 0, 0], dataset.validation.images[:, 0, 0]])
    assert sorted(numbers.tolist()) == list(range(120))
    again = load_dataset(DataConfig("mnist", directory), ignore)
    assert np.array_equal(again.validation.images, dataset.validation.images)


def test_a_set_that_cannot_be_had_names_the_way_out(small_mnist: Source, web: WebServer, directory: str) -> None:
    web.answer = (403, b"")
    with pytest.raises(DataError, match=r"^mnist has .* cannot be reached; `vae-tui data prepare mnist --from DIR`"):
        load_dataset(DataConfig("mnist", directory), ignore)


def test_listing_says_what_is_ready(small_mnist: Source, web: WebServer, directory: str) -> None:
    before = {status.name: status for status in list_datasets(directory)}
    assert list(before) == ["mnist5k", *SOURCES]
    assert [name for name, status in before.items() if status.ready] == ["mnist5k"]
    assert before["kmnist"].detail == "vae-tui data prepare kmnist"
    status = prepare_dataset("mnist", directory, web.folder, ignore)
    assert status in list_datasets(directory)
    assert status.ready
    assert status.detail == str(Path(directory, "mnist", "3.0.1"))


def test_preparing_the_packaged_digits_is_no_work(directory: str) -> None:
    assert prepare_dataset("mnist5k", directory, None, ignore).ready
    assert not Path(directory).exists()


def test_the_home_folder_may_be_written_as_a_tilde() -> None:
    assert data_directory("~/sets") == Path.home() / "sets"
    assert data_directory(None).name == "datasets"


def test_loading_from_the_decoded_images_imports_no_tensorflow_datasets(
    small_mnist: Source, web: WebServer, directory: str
) -> None:
    prepare_dataset("mnist", directory, web.folder, ignore)
    code = (
        "import sys; from pathlib import Path;"
        " from vae_tui.core.data.catalog import SOURCES; from vae_tui.core.data.store import Store;"
        f" pair = Store(Path({directory!r})).load(SOURCES['mnist'], print);"
        " print(len(pair.train), [name for name in ('tensorflow_datasets', 'PIL', 'requests') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "120 []\n"


def test_a_path_becomes_absolute(tmp_path: Path, directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pets.v1").mkdir()
    for name in ("pets.v1", "./pets.v1", "~/pets.v1", str(tmp_path / "pets.v1")):
        config = DataConfig(resolve_name(DataConfig(name, directory)).name)
        assert (config.name, config.title) == (str(tmp_path / "pets.v1"), "pets.v1")


@pytest.mark.parametrize("name", ["./nothing", "/nothing", "~/nothing", "some/thing"])
def test_a_path_at_which_nothing_is_is_refused(name: str, directory: str) -> None:
    with pytest.raises(DataError, match="there is no file or folder"):
        resolve_name(DataConfig(name, directory))


def test_a_mistyped_name_with_a_separator_is_no_path(directory: str) -> None:
    with pytest.raises(DataError, match=r"unknown data set 'emnist/leters' \(did you mean emnist/letters\?\)"):
        resolve_name(DataConfig("emnist/leters", directory))


def test_the_size_of_the_training_split_is_known_before_training(directory: str, tmp_path: Path) -> None:
    assert train_size(DataConfig("mnist5k"), ignore) == 4500
    assert train_size(DataConfig("mnist"), ignore) == 55_000
    write_folder(tmp_path / "pets", make_images(30), ["a", "b"] * 15)
    assert train_size(DataConfig(str(tmp_path / "pets"), directory), ignore) == 22
