"""Folders of images: their classes and splits, and what is wrong with some of them."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_images import contents, load, make_images, png, write_folder
from PIL import Image
from vae_tui.core.errors import DataError

LABELS = ["cat", "dog"] * 15


def test_a_folder_per_class(tmp_path: Path) -> None:
    images = make_images(30, color=True)
    write_folder(tmp_path / "pets", images, LABELS)
    dataset = load(tmp_path / "pets")
    assert (dataset.name, dataset.format, dataset.note) == ("pets", "folder of images", "")
    assert dataset.class_names == ("cat", "dog")
    assert dataset.image_shape == (8, 8, 3)
    assert sorted((image, label) for _, image, label in contents(dataset)) == sorted(
        (image.tobytes(), label) for image, label in zip(images, LABELS, strict=True)
    )
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (22, 4, 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=4)
@given(order=st.permutations(range(30)))
def test_other_file_names_change_nothing(order: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    images = make_images(30)
    images[7] = images[9]
    base, other = (tmp_path_factory.mktemp("x") / "set" for _ in range(2))
    write_folder(base, images, LABELS)
    write_folder(other, images, LABELS, [f"x{number}.png" for number in order])
    assert contents(load(base)) == contents(load(other))


def test_the_splits_of_the_source_are_kept(tmp_path: Path) -> None:
    for seed, (split, count) in enumerate([("train", 12), ("val", 4), ("test", 6)]):
        write_folder(tmp_path / "set" / split, make_images(count, seed=seed), ["a", "b"] * (count // 2))
    dataset = load(tmp_path / "set")
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (12, 4, 6)
    assert dataset.class_names == ("a", "b")


def test_a_source_with_a_test_split_gives_a_twelfth_for_validation(tmp_path: Path) -> None:
    write_folder(tmp_path / "set" / "train", make_images(48), ["a", "b"] * 24)
    write_folder(tmp_path / "set" / "test", make_images(4, seed=1), ["a", "b"] * 2)
    dataset = load(tmp_path / "set")
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (44, 4, 4)


def test_a_flat_folder_is_one_class_and_numbers_are_sorted_by_value(tmp_path: Path) -> None:
    write_folder(tmp_path, make_images(5), ["faces"] * 5)
    assert load(tmp_path / "faces").class_names == ("faces",)
    write_folder(tmp_path / "set", make_images(24), ["10", "9", "1"] * 8)
    assert load(tmp_path / "set").class_names == ("1", "9", "10")


def test_modes_of_pillow_become_gray_or_rgb(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 65535, (8, 8), dtype=np.uint16)).save(folder / "a.png")
    Image.fromarray(rng.integers(0, 2, (8, 8)).astype(bool)).save(folder / "b.png")
    Image.fromarray(make_images(1, color=True)[0]).quantize(8).save(folder / "c.gif")
    Image.fromarray(rng.integers(0, 256, (8, 8, 4), dtype=np.uint8)).save(folder / "d.webp", lossless=True)
    Image.fromarray(make_images(1)[0]).save(folder / "e.bmp")
    Image.fromarray(make_images(1, color=True)[0]).convert("CMYK").save(folder / "f.JPG")
    assert load(folder).image_shape == (8, 8, 3)
    assert load(folder, grey=True).image_shape == (8, 8)


def test_larger_images_need_a_size(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(4, side=80), ["a"] * 4)
    with pytest.raises(DataError, match=r"a/0\.png has 80x80 pixels, at most 64x64 .*--data\.size N"):
        load(tmp_path / "set")
    assert load(tmp_path / "set", size=16).image_shape == (16, 16)


def test_images_of_two_sizes_need_a_size(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(4), ["a"] * 4)
    write_folder(tmp_path / "set", make_images(4, side=9), ["b"] * 4)
    with pytest.raises(DataError, match=r"a/0\.png has 8x8 pixels but b/0\.png has 9x9; --data\.size N"):
        load(tmp_path / "set")
    assert load(tmp_path / "set", size=8).image_shape == (8, 8)


def bomb() -> bytes:
    """A PNG file of a few bytes that promises 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">2I5B", 50_000, 50_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (png(make_images(1, side=60)[0])[:500], "damaged"),
        (b"", "damaged, or not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "damaged, or not an image"),
        (bomb(), "pixels"),
    ],
    ids=["truncated", "empty", "another format", "bomb"],
)
def test_a_bad_file_is_named_or_skipped(content: bytes, reason: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(8), ["a"] * 8)
    (tmp_path / "set" / "a" / "bad\n[b].png").write_bytes(content)
    with pytest.raises(DataError, match=rf"^cannot read a/bad\\n\[b\]\.png: .*{reason}.*--data\.skip-bad$"):
        load(tmp_path / "set")
    assert not list((tmp_path / "data").rglob("*.*"))
    dataset = load(tmp_path / "set", skip_bad=True)
    assert len(contents(dataset)) == 8
    assert dataset.note == r"left out: 1 image that cannot be read (a/bad\n[b].png)"


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(8), ["a"] * 8)
    os.mkfifo(tmp_path / "set" / "a" / "pipe.png")
    with pytest.raises(DataError, match=r"pipe\.png: it is not a regular file"):
        load(tmp_path / "set")


def test_names_from_elsewhere_are_safe_to_show(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(16), ["a\nb", "\x1b[31m", "😀", "[bold]"] * 4)
    assert load(tmp_path / "set").class_names == (r"\x1b[31m", "[bold]", r"a\nb", "😀")
    (tmp_path / "new\nline").mkdir()
    with pytest.raises(DataError, match=r"new\\nline has characters that a terminal cannot show"):
        load(tmp_path / "new\nline")


def test_loops_of_links_end(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(16), ["a", "b"] * 8)
    (tmp_path / "set" / "a" / "loop").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "a" / "self").symlink_to(tmp_path / "set" / "a" / "self")
    (tmp_path / "set" / "a" / "again").symlink_to(tmp_path / "set" / "a")
    assert np.bincount(load(tmp_path / "set").train.labels).tolist() == [6, 6]


def test_what_lies_beside_the_classes_is_told(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(8), ["a"] * 8)
    (tmp_path / "set" / "empty").mkdir()
    (tmp_path / "set" / "beside.png").write_bytes(b"")
    (tmp_path / "set" / ".hidden.png").write_bytes(b"")
    (tmp_path / "set" / "a" / "notes.txt").write_bytes(b"")
    assert load(tmp_path / "set").note == (
        "left out: 1 class folder without images (empty); left out: 1 image beside the class folders (beside.png)"
    )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_images_are_enough_or_not(count: int, tmp_path: Path) -> None:
    write_folder(tmp_path / "set", make_images(count), ["a"] * count)
    if count == 1:
        with pytest.raises(DataError, match="no class has two different images"):
            load(tmp_path / "set")
    else:
        assert len(load(tmp_path / "set").validation) == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no file or folder"),
        (lambda path: path.mkdir(), "holds no images in a known format"),
        (lambda path: path.write_bytes(b""), "holds no images in a known format"),
    ],
)
def test_what_holds_no_images_is_refused(make, said: str, tmp_path: Path) -> None:
    make(tmp_path / "set")
    with pytest.raises(DataError, match=said):
        load(tmp_path / "set")
