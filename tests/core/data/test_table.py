"""Tables with an image in each row."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from own_images import contents, load, make_images
from vae_tui.core.errors import DataError

LABELS = np.arange(30) % 3
IMAGES = make_images(30, side=4) // 2 * 2  # no pixel is 1: the first pixel is no class number


def rows(labels: list[str], images: np.ndarray, *, last: bool = False) -> str:
    pixels = [",".join(map(str, image.ravel().tolist())) for image in images]
    return "".join(f"{p},{label}\n" if last else f"{label},{p}\n" for label, p in zip(labels, pixels, strict=True))


NUMBERS = [str(label) for label in LABELS]
HEADER = ",".join(["label", *(f"pixel{number}" for number in range(16))])


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (f"{HEADER}\n{rows(NUMBERS, IMAGES)}", "labels are in the first column"),
        (rows(NUMBERS, IMAGES), "labels are taken from the first column"),
        (rows(NUMBERS, IMAGES, last=True), "labels are taken from the last column"),
        ("\ufeff" + rows(NUMBERS, IMAGES).replace("\n", "\r\n"), "labels are taken from the first column"),
    ],
    ids=["header", "first", "last", "Windows"],
)
@pytest.mark.parametrize("name", ["set.csv", "set.csv.gz"])
def test_the_label_is_found(text: str, note: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    dataset = load(tmp_path / name)
    assert (dataset.name, dataset.format, dataset.note) == ("set", "CSV table", note)
    assert dataset.class_names == ("0", "1", "2")
    assert sorted((image, label) for _, image, label in contents(dataset)) == sorted(
        (image.tobytes(), str(label)) for image, label in zip(IMAGES, LABELS, strict=True)
    )


def test_texts_name_the_classes(tmp_path: Path) -> None:
    words = ["cat", '"dog"', "cow"] * 10
    (tmp_path / "set.csv").write_text(rows(words, IMAGES, last=True))
    assert load(tmp_path / "set.csv").class_names == ("cat", "cow", "dog")


def test_values_up_to_sixteen_are_scaled(tmp_path: Path) -> None:
    images = IMAGES.astype(float) // 16
    images[0, 0, 0] = 16
    (tmp_path / "set.csv").write_text(rows(NUMBERS, images, last=True))
    dataset = load(tmp_path / "set.csv")
    assert dataset.note.endswith("pixel values 0-16 are scaled to 0-255")
    assert max(split.images.max() for split in (dataset.train, dataset.validation, dataset.test) if split) == 255


@pytest.mark.parametrize("shape", [(4, 4, 3), (3, 4, 4)], ids=["channels last", "channels first"])
def test_rows_may_hold_color(shape: tuple[int, ...], tmp_path: Path) -> None:
    images = make_images(30, side=4, color=True) // 2 * 2
    stored = images if shape[-1] == 3 else np.moveaxis(images, -1, 1)
    (tmp_path / "set.csv").write_text(rows(NUMBERS, stored))
    with pytest.raises(DataError, match=r"48 values per image, .* or, in color, 4,4,3 \(3,4,4 if"):
        load(tmp_path / "set.csv")
    dataset = load(tmp_path / "set.csv", shape=shape)
    assert dataset.image_shape == (4, 4, 3)
    assert {image for _, image, _ in contents(dataset)} == {image.tobytes() for image in images}


def test_images_need_not_be_square(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(rows(NUMBERS, IMAGES.reshape(30, 16)[:, :12]))
    with pytest.raises(DataError, match=r"12 values per image, which is not a square; give --data\.shape"):
        load(tmp_path / "set.csv")
    with pytest.raises(DataError, match=r"12 values per image, which is not 5x2 \(--data\.shape\)"):
        load(tmp_path / "set.csv", shape=(5, 2))
    assert load(tmp_path / "set.csv", shape=(2, 6)).image_shape == (2, 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (f"{HEADER}\n", "has a header but no rows"),
        ("1\n2\n", "has one column"),
        ("1,2,3,4,5\n0,1,\x1b[2J,3,4\n", r"line 2 has '\\\\x1b\[2J' where a pixel's value should be"),
        ("1,2,3,4,5\n0,1,2,3\n", "line 2 has 4 pixels, the first row 5"),
        (f"{HEADER}\n,{','.join('1' * 16)}\n{rows(NUMBERS, IMAGES)}", "1 of 31 images have no label"),
        (f"1,{'0' * 2_000_000}\n", r"line 1 is longer than"),
        ("\x00\x01\x02", "has one column"),
        ("1,-2,3,4,5\n0,1,2,3,4\n", "pixel values from -2"),
    ],
)
def test_what_is_no_such_table_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        load(tmp_path / "set.csv")


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "set.csv.gz").write_bytes(gzip.compress(rows(NUMBERS, IMAGES).encode())[:-20])
    with pytest.raises(DataError, match=r"cannot read set\.csv\.gz: it is damaged"):
        load(tmp_path / "set.csv.gz")
