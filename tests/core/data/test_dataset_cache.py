"""The cache of the user's own images: as written, or not at all; and noticing that a source has changed."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_images import contents, load, make_images, write_folder
from vae_tui.core.data import Dataset, Split, own_images
from vae_tui.core.data.cache_limit import drop_oldest
from vae_tui.core.data.dataset_cache import read_dataset, write_dataset

shares_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def split(count: int, color: bool) -> Split:
    return Split(make_images(count, color=color), np.arange(count, dtype=np.int32))


@shares_folder
@given(
    name=st.text(st.characters(exclude_categories=["Cs"])),
    note=st.text(st.characters(exclude_categories=["Cs"])),
    color=st.booleans(),
    with_test=st.booleans(),
)
def test_what_was_written_is_read(name: str, note: str, color: bool, with_test: bool, tmp_path: Path) -> None:
    test = split(2, color) if with_test else None
    dataset = Dataset("set", (name, "b"), split(5, color), split(3, color), test, "CSV table", note)
    write_dataset(tmp_path / "deep" / "file", dataset)
    read = read_dataset(tmp_path / "deep" / "file")
    assert read is not None
    assert dataclasses.replace(read, train=dataset.train, validation=dataset.validation, test=dataset.test) == dataset
    for got, expected in ((read.train, dataset.train), (read.validation, dataset.validation), (read.test, test)):
        assert (got is None) == (expected is None)
        if got is not None and expected is not None:
            assert np.array_equal(got.images, expected.images)
            assert np.array_equal(got.labels, expected.labels)


@shares_folder
@given(data=st.data())
def test_damage_is_noticed(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_dataset(path, Dataset("set", ("a",), split(3, False), split(1, False), None))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert read_dataset(path) is None


def test_what_was_used_least_recently_is_dropped(tmp_path: Path) -> None:
    for number in range(3):
        np.savez(tmp_path / f"{number}.npz", images=make_images(12, seed=number), labels=np.arange(12) % 2)
        load(tmp_path / f"{number}.npz")
    folder = tmp_path / "data" / "decoded"
    caches = {path: path.stat().st_size for path in folder.iterdir()}
    (published := folder / "mnist-3.0.1.cache").write_bytes(b"of a published set")
    for path in caches:
        os.utime(path, (0, 0))
    load(tmp_path / "1.npz")
    (used,) = (path for path in caches if path.stat().st_mtime > 0)
    drop_oldest(folder, limit=2 * caches[used])
    assert len([*folder.glob("own-*")]) == 2
    drop_oldest(folder, limit=0)
    assert {*folder.iterdir()} == {used, published}


def test_the_second_load_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "set", make_images(12), ["a", "b"] * 6)
    first = load(tmp_path / "set")
    monkeypatch.setattr(own_images, "decode_parts", None)
    assert contents(load(tmp_path / "set")) == contents(first)
    assert contents(load(tmp_path / "set", shard=True, augment=0.5)) == contents(first), "these change no image"


def test_a_changed_source_or_option_is_noticed(tmp_path: Path) -> None:
    images = make_images(12)
    write_folder(tmp_path / "set", images, ["a", "b"] * 6)
    path = tmp_path / "set" / "a" / "0.png"
    times = path.stat().st_atime, path.stat().st_mtime
    assert load(tmp_path / "set").image_shape == (8, 8)
    assert load(tmp_path / "set", size=4).image_shape == (4, 4)
    assert load(tmp_path / "set", classes=("x", "y")).class_names == ("x", "y")
    write_folder(tmp_path / "set", 255 - images[:1], ["a"])
    os.utime(path, times)
    assert (255 - images[0]).tobytes() in [image for _, image, _ in contents(load(tmp_path / "set"))]


def test_where_nothing_can_be_written_the_images_load_with_a_note(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(12), ["a", "b"] * 6)
    (tmp_path / "file").touch()
    dataset = load(tmp_path / "set", dir=str(tmp_path / "file" / "data"))
    assert dataset.note.startswith("not cached, because")


def test_files_beyond_one_batch_of_the_threads_are_read(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(600), ["a", "b"] * 300)
    assert len(load(tmp_path / "set").train) == 480
