"""The folder of prepared data sets, with real preparing and reading by tensorflow-datasets."""

import dataclasses
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import tensorflow_datasets as tfds
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publishing import WebServer, publish
from vae_tui.core.data import store as store_module
from vae_tui.core.data.catalog import Source
from vae_tui.core.data.dataset import SplitPair
from vae_tui.core.data.digest import SUMS, sums_hold
from vae_tui.core.data.store import Store
from vae_tui.core.errors import DataError


def ignore(label: str, done: int, total: int, unit: str) -> None: ...


class Labels(list[str]):
    """Collects the labels of what is reported, each once."""

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:
        if label not in self:
            self.append(label)


class StopError(Exception): ...


def stop_at(word: str) -> Callable[[str, int, int, str], None]:
    def progress(label: str, done: int, total: int, unit: str) -> None:
        if label.startswith(word):
            raise StopError

    return progress


def assert_complete(pair: SplitPair) -> None:
    """All published images are there, each with its label; the order is the data set's own."""
    for split, size in ((pair.train, 120), (pair.test, 24)):
        assert sorted(split.images[:, 0, 0].tolist()) == list(range(size))
        assert split.labels.tolist() == (split.images[:, 0, 0] % 10).tolist()


def same(first: SplitPair, second: SplitPair) -> bool:
    return all(
        np.array_equal(a.images, b.images) and np.array_equal(a.labels, b.labels)
        for a, b in ((first.train, second.train), (first.test, second.test))
    )


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    folder.mkdir()
    return folder


@pytest.fixture
def source(originals: Path) -> Source:
    return publish(originals)


def test_preparing_leaves_nothing_in_the_temporary_directory(
    store: Store, source: Source, originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    store.prepare(source, originals, ignore)
    assert list(temporary.iterdir()) == []


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.fixture
def prepared(store: Store, source: Source, originals: Path) -> SplitPair:
    return store.prepare(source, originals, ignore)


def test_files_become_a_data_set(store: Store, source: Source, originals: Path) -> None:
    labels = Labels()
    assert not store.holds(source)
    assert_complete(store.prepare(source, originals, labels))
    assert store.holds(source)
    assert labels == ["preparing mnist", "decoding mnist"]
    assert sorted(path.name for path in store.directory.iterdir()) == [".lock", "decoded", "mnist"]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "emnist/letters", "emnist/byclass"])
def test_tensorflow_datasets_reads_the_set(name: str, store: Store, originals: Path) -> None:
    source = publish(originals, name)
    pair = store.prepare(source, originals, ignore)
    records = cast(dict[str, Any], tfds.data_source(name, data_dir=store.directory))
    for split, decoded in (("train", pair.train), ("test", pair.test)):
        images = np.stack([record["image"][..., 0] for record in records[split]])
        upright = images.transpose(0, 2, 1) if name.startswith("emnist/") else images
        assert np.array_equal(upright, decoded.images)
        assert [record["label"] for record in records[split]] == decoded.labels.tolist()


def test_emnist_is_turned_upright(store: Store, originals: Path) -> None:
    pair = store.prepare(publish(originals, "emnist/digits"), originals, ignore)
    # The published pixel (0, 1) is the label.
    assert pair.train.images[:, 1, 0].tolist() == pair.train.labels.tolist()


def test_the_second_load_needs_the_decoded_images_alone(
    store: Store, source: Source, prepared: SplitPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "decode_images", None)
    shutil.rmtree(store.dataset_path(source))
    assert same(store.load(source, ignore), prepared)


def test_preparing_again_changes_nothing(store: Store, source: Source, prepared: SplitPair, originals: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.directory.rglob("*") if path.suffix != ".lock"}
    assert same(store.prepare(source, originals, ignore), prepared)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_nothing_is_printed(
    store: Store, source: Source, originals: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    store.prepare(source, originals, ignore)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_damaged_decoded_images_are_decoded_again(store: Store, source: Source, prepared: SplitPair) -> None:
    path = store.cache_path(source)
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    labels = Labels()
    assert same(store.load(source, labels), prepared)
    assert labels == ["decoding mnist"]
    assert path.read_bytes() == whole


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_set_is_made_again(
    store: Store, source: Source, prepared: SplitPair, originals: Path, data: st.DataObject
) -> None:
    folder = store.dataset_path(source)
    path = folder / data.draw(st.sampled_from(sorted(path.name for path in folder.iterdir())))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 2))
    damage = data.draw(st.sampled_from(["flip", "cut", "remove"]))
    if damage == "flip":
        content[place] ^= data.draw(st.integers(1, 255))
    elif damage == "cut":
        del content[place:]
    path.write_bytes(content)
    if damage == "remove" and path.name != SUMS:
        path.unlink()
    store.cache_path(source).unlink(missing_ok=True)
    assert same(store.prepare(source, originals, ignore), prepared)
    assert sums_hold(folder)


def test_a_damaged_set_that_cannot_be_had_again_is_not_trained_on(
    store: Store, source: Source, prepared: SplitPair
) -> None:
    next(store.dataset_path(source).glob("*train*")).write_bytes(b"damaged")
    store.cache_path(source).unlink()
    with pytest.raises(DataError, match=r"`vae-tui data prepare mnist --from DIR`"):
        store.load(source, ignore)


def test_a_set_made_by_tensorflow_datasets_itself_is_read(store: Store, source: Source, prepared: SplitPair) -> None:
    (store.dataset_path(source) / SUMS).unlink()
    store.cache_path(source).unlink()
    assert same(store.load(source, ignore), prepared)


@pytest.mark.parametrize("damage", ["cut", "metadata"])
def test_a_foreign_set_that_cannot_be_read_is_left_alone(
    store: Store, source: Source, prepared: SplitPair, damage: str
) -> None:
    folder = store.dataset_path(source)
    (folder / SUMS).unlink()
    store.cache_path(source).unlink()
    path = next(folder.glob("*train*")) if damage == "cut" else folder / "dataset_info.json"
    content = path.read_bytes()[:100]
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"cannot read the prepared data set {folder}") as caught:
        store.load(source, ignore)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", ["features", "features of the old form", "module"])
def test_no_module_that_a_foreign_set_names_is_imported(
    store: Store, source: Source, prepared: SplitPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "intruder.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    folder = store.dataset_path(source)
    (folder / SUMS).unlink()
    store.cache_path(source).unlink()
    if place == "module":
        info = folder / "dataset_info.json"
        info.write_text(json.dumps(json.loads(info.read_text()) | {"moduleName": "intruder"}))
        assert_complete(store.load(source, ignore))
    else:
        file = folder / "features.json"
        known = "tensorflow_datasets.core.features.class_label_feature.ClassLabel"
        features = {"type": "intruder.Feature", "content": {}}
        text = file.read_text().replace(known, "intruder.Feature") if place == "features" else json.dumps(features)
        file.write_text(text)
        with pytest.raises(DataError, match=r"features\.json names intruder\.Feature, which is not part of"):
            store.load(source, ignore)
    assert "intruder" not in sys.modules


def test_a_foreign_set_of_another_size_is_refused(store: Store, source: Source, prepared: SplitPair) -> None:
    store.cache_path(source).unlink()
    larger = dataclasses.replace(source, train=dataclasses.replace(source.train, size=121))
    with pytest.raises(DataError, match="has 120 images where there should be 121"):
        store.load(larger, ignore)


def test_a_folder_of_other_things_is_left_alone(store: Store, source: Source, originals: Path) -> None:
    thesis = store.dataset_path(source) / "thesis.tex"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("years of work")
    with pytest.raises(DataError, match="holds something other than"):
        store.prepare(source, originals, ignore)
    assert thesis.read_text() == "years of work"


def test_downloads_are_fetched_once(store: Store, tmp_path: Path, web: WebServer) -> None:
    source = publish(web.folder, base_url=web.url)
    labels = Labels()
    pair = store.load(source, labels)
    assert_complete(pair)
    assert labels[0] == "downloading train-images-idx3-ubyte.gz"
    web.requests.clear()
    shutil.rmtree(store.dataset_path(source))
    store.cache_path(source).unlink()
    assert same(store.load(source, ignore), pair)
    assert web.requests == []


def test_a_damaged_download_is_fetched_again(store: Store, web: WebServer) -> None:
    source = publish(web.folder, base_url=web.url)
    kept = store.directory / "downloads" / "mnist" / source.downloads[2].filename
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"damaged")
    assert_complete(store.load(source, ignore))
    assert kept.read_bytes() == (web.folder / kept.name).read_bytes()


@pytest.mark.parametrize("word", ["preparing", "decoding"])
def test_a_stop_leaves_nothing_half_written(word: str, store: Store, source: Source, originals: Path) -> None:
    with pytest.raises(StopError):
        store.prepare(source, originals, stop_at(word))
    assert store.dataset_path(source).exists() == (word == "decoding")
    assert not store.cache_path(source).exists()
    assert not (store.directory / ".preparing").exists()
    assert_complete(store.prepare(source, originals, ignore))


def test_what_a_killed_process_left_is_cleared(store: Store, source: Source, originals: Path) -> None:
    leftover = store.directory / ".preparing" / "mnist" / "3.0.1" / "mnist-train.array_record-00000-of-00001"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    assert_complete(store.prepare(source, originals, ignore))
    assert not (store.directory / ".preparing").exists()


def test_a_second_preparer_waits(store: Store, source: Source, originals: Path) -> None:
    store.directory.mkdir()
    other = FileLock(store.directory / ".lock")
    other.acquire()
    labels = Labels()

    def progress(label: str, done: int, total: int, unit: str) -> None:
        labels(label, done, total, unit)
        other.release()

    assert_complete(store.prepare(source, originals, progress))
    assert labels[0] == "waiting for another vae-tui to prepare data"


def test_wrong_files_leave_nothing_behind(store: Store, source: Source, originals: Path) -> None:
    (originals / "t10k-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is not the published file"):
        store.prepare(source, originals, ignore)
    assert [path.name for path in store.directory.iterdir()] == [".lock"]


def test_an_impossible_directory_is_named(tmp_path: Path, source: Source, originals: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot store data sets in .*/file/data: .*--data\.dir"):
        Store(tmp_path / "file" / "data").prepare(source, originals, ignore)


def test_too_little_space_is_found_before_the_work(
    store: Store, source: Source, originals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(originals)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(DataError, match=r"no space left in .*: mnist needs about 0.2 MB, and 0.0 MB"):
        store.prepare(source, originals, ignore)
    assert not store.holds(source)


def test_a_disk_that_fills_up_during_the_work_gives_one_line(
    store: Store, source: Source, originals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*arguments: object) -> Path:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:  # as tensorflow-datasets does
            raise RuntimeError("Failed to finalize writing of split") from error

    monkeypatch.setattr(store_module, "prepare", run_out)
    with pytest.raises(DataError, match=r"\Ano space left in [^\n]*: mnist needs about [^\n]*--data\.dir\Z"):
        store.prepare(source, originals, ignore)
    assert not store.holds(source)
