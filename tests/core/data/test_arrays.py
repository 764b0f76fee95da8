"""Files of NumPy arrays, honest and hostile."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_images import contents, load, make_images
from vae_tui.core.data.formats import npy_header
from vae_tui.core.errors import DataError

LABELS = np.arange(40) % 4


@pytest.mark.parametrize(
    "names", [("images", "labels"), ("x", "y"), ("X_train", "Y_train"), ("train_images", "train_labels")]
)
def test_the_usual_names_are_known(names: tuple[str, str], tmp_path: Path) -> None:
    images = make_images(40)
    np.savez(tmp_path / "set.npz", **{names[0]: images, names[1]: LABELS})
    dataset = load(tmp_path / "set.npz")
    assert (dataset.name, dataset.format, dataset.class_names) == ("set", "NumPy arrays", ("0", "1", "2", "3"))
    assert sorted((image, label) for _, image, label in contents(dataset)) == sorted(
        (image.tobytes(), str(label)) for image, label in zip(images, LABELS, strict=True)
    )


def test_medmnist_has_three_splits_and_labels_in_a_column(tmp_path: Path) -> None:
    arrays = {}
    for seed, (split, count) in enumerate([("train", 20), ("val", 8), ("test", 12)]):
        arrays[f"{split}_images"] = make_images(count, color=True, seed=seed)
        arrays[f"{split}_labels"] = (np.arange(count) % 4)[:, None]
    np.savez_compressed(tmp_path / "med.npz", **arrays)
    dataset = load(tmp_path / "med.npz", classes=("a", "b", "c", "d"))
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (20, 8, 12)
    assert (dataset.image_shape, dataset.class_names) == ((8, 8, 3), ("a", "b", "c", "d"))


def test_the_layouts_of_other_libraries_are_known(tmp_path: Path) -> None:
    images = make_images(40, color=True)
    np.savez(tmp_path / "last.npz", images=images, labels=LABELS)
    np.savez(tmp_path / "first.npz", images=np.moveaxis(images, -1, 1), labels=LABELS)
    assert contents(load(tmp_path / "first.npz")) == contents(load(tmp_path / "last.npz"))
    gray = make_images(40)
    np.savez(tmp_path / "gray.npz", images=gray, labels=LABELS)
    np.savez(tmp_path / "flat.npz", images=gray.reshape(40, 64), labels=LABELS)
    np.savez(tmp_path / "fractions.npz", images=(gray / 255).astype(np.float32)[..., None], labels=LABELS)
    assert contents(load(tmp_path / "flat.npz")) == contents(load(tmp_path / "gray.npz"))
    fractions = load(tmp_path / "fractions.npz")
    assert contents(fractions) == contents(load(tmp_path / "gray.npz"))
    assert fractions.note == "pixel values 0-1 are scaled to 0-255"


def test_the_order_changes_nothing(tmp_path: Path) -> None:
    images = make_images(40)
    order = np.random.default_rng(1).permutation(40)
    np.savez(tmp_path / "one.npz", images=images, labels=LABELS)
    np.savez(tmp_path / "other.npz", images=images[order], labels=LABELS[order])
    assert contents(load(tmp_path / "one.npz")) == contents(load(tmp_path / "other.npz"))


def test_an_npy_file_is_one_class(tmp_path: Path) -> None:
    np.save(tmp_path / "cats.npy", make_images(20).reshape(20, 64))
    dataset = load(tmp_path / "cats.npy")
    assert (dataset.class_names, dataset.image_shape) == (("cats",), (8, 8))


class Intruder:
    def __reduce__(self) -> tuple:
        return (pytest.fail, ("unpickled",))


def object_array() -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (3,)})
    return file.getvalue() + pickle.dumps(Intruder())


def lying(count: int) -> bytes:
    """An array that promises more than it has."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)})
    return file.getvalue() + bytes(100)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (object_array(), r"cannot read set\.npz: images: it holds Python objects, which are not loaded"),
        (lying(10**9), r"cannot read set\.npz: images: its header promises 1000000000 x 28 x 28 values"),
        (b"not an array", r"cannot read set\.npz: images"),
        (b"", r"cannot read set\.npz: images"),
    ],
)
def test_hostile_arrays_are_refused(member: bytes, said: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("images.npy", member)
        archive.writestr("labels.npy", member)
    with pytest.raises(DataError, match=said) as refusal:
        load(tmp_path / "set.npz")
    assert "\n" not in str(refusal.value)


def test_a_size_that_cannot_be_true_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "set.npy", make_images(20))
    monkeypatch.setattr(npy_header, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match=r"cannot read set\.npy: it has 0 GB; at most 0 GB are loaded"):
        load(tmp_path / "set.npy")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": make_images(4)}, "labels is missing: every image needs a label"),
        ({"pictures": make_images(4)}, "set.npz has pictures; name the arrays images and labels"),
        ({"images": make_images(4), "labels": np.zeros(3)}, r"4 images and labels of shape \[3\]"),
        ({"images": make_images(4), "labels": np.zeros((4, 14))}, r"labels of shape \[4, 14\]"),
        ({"images": np.zeros((4, 65)), "labels": np.zeros(4)}, "65 values per image, which is not a square"),
        ({"images": np.zeros(4), "labels": np.zeros(4)}, r"images of shape \[4\]"),
        ({"images": np.zeros((0, 8, 8)), "labels": np.zeros(0)}, "set has no images"),
        ({"images": -make_images(4).astype(int), "labels": np.zeros(4)}, "pixel values from -"),
        ({"images": make_images(4, side=65), "labels": np.zeros(4)}, "65x65 pixels, at most 64x64"),
    ],
)
def test_wrong_arrays_are_named(arrays: dict[str, Any], said: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(DataError, match=said):
        load(tmp_path / "set.npz")


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=make_images(40), labels=LABELS)
    content = (tmp_path / "set.npz").read_bytes()
    (tmp_path / "set.npz").write_bytes(content[:-200])
    with pytest.raises(DataError, match=r"cannot read set\.npz"):
        load(tmp_path / "set.npz")
    assert not (tmp_path / "data").exists()
