"""Parquet files as Hugging Face's datasets are stored."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from own_images import contents, load, make_images, png
from vae_tui.core.errors import DataError

IMAGES, LABELS = make_images(40, color=True), [number % 2 for number in range(40)]


def table(images: np.ndarray, labels: Sequence[int | None], names: list[str] | None = None) -> pa.Table:
    encoded = [{"bytes": png(image), "path": None} for image in images]
    columns = {
        "image": pa.array(encoded, pa.struct({"bytes": pa.binary(), "path": pa.string()})),
        "label": pa.array(labels, pa.int64()),
    }
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": names or []}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})} if names else {}
    return pa.table(columns).replace_schema_metadata(metadata)


def test_a_file_with_names_of_classes(tmp_path: Path) -> None:
    pq.write_table(table(IMAGES, LABELS, ["cat", "dog"]), tmp_path / "set.parquet", row_group_size=7)
    dataset = load(tmp_path / "set.parquet")
    assert (dataset.format, dataset.class_names, dataset.image_shape) == ("Parquet", ("cat", "dog"), (8, 8, 3))
    assert sorted((image, label) for _, image, label in contents(dataset)) == sorted(
        (image.tobytes(), ["cat", "dog"][label]) for image, label in zip(IMAGES, LABELS, strict=True)
    )


@pytest.mark.parametrize("folder", ["set", "set/plain_text"])
def test_a_folder_of_files_has_splits(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    for name, rows in [
        ("train-00000-of-00002", slice(20)),
        ("train-00001-of-00002", slice(20, 30)),
        ("test", slice(30, 40)),
    ]:
        pq.write_table(table(IMAGES[rows], LABELS[rows]), tmp_path / folder / f"{name}.parquet")
    dataset = load(tmp_path / "set")
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (28, 2, 10)


def test_one_of_several_configurations_must_be_named(tmp_path: Path) -> None:
    for name in ("large", "small"):
        (tmp_path / "set" / name).mkdir(parents=True)
        pq.write_table(table(IMAGES, LABELS), tmp_path / "set" / name / "train.parquet")
    with pytest.raises(DataError, match=r"Parquet files in 2 folders \(large, small\); give one of them"):
        load(tmp_path / "set")
    assert load(tmp_path / "set" / "small").format == "Parquet"


def test_without_pyarrow_the_message_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(table(IMAGES, LABELS), tmp_path / "set.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"needs pyarrow, which is not installed; .*pip install 'vae-tui\[parquet\]'"):
        load(tmp_path / "set.parquet")


def test_wrong_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=r"cannot read set\.parquet: it is damaged"):
        load(path)
    pq.write_table(pa.table({"text": ["a"], "label": [1]}), path)
    with pytest.raises(DataError, match=r"has the columns text, label; it needs an image column"):
        load(path)
    pq.write_table(table(IMAGES, [None, *LABELS[1:]]), path)
    with pytest.raises(DataError, match="1 of 40 images have no label"):
        load(path)
    broken = table(IMAGES, LABELS).set_column(0, "image", pa.array([b"no image", *map(png, IMAGES[1:])]))
    pq.write_table(broken, path)
    with pytest.raises(DataError, match=r"cannot read set\.parquet: row 1: it is damaged"):
        load(path)
    assert len(contents(load(path, skip_bad=True))) == 39
