"""Labels of all kinds, and names for them."""

import numpy as np
import pytest
from vae_tui.core.data.classes import assign_classes
from vae_tui.core.errors import DataError


@pytest.mark.parametrize(
    ("labels", "source", "wanted", "names", "numbers"),
    [
        ([7, 3, 7], (), (), ("3", "7"), [1, 0, 1]),
        ([1.0, 0.0], (), (), ("0", "1"), [1, 0]),
        (["b", "a\n", "b"], (), (), (r"a\n", "b"), [1, 0, 1]),
        ([0, 1], ("cat", "dog"), (), ("cat", "dog"), [0, 1]),
        ([0, 1], ("cat", "dog"), ("C", "D"), ("C", "D"), [0, 1]),
        ([0, 1], (), ("C", "D"), ("C", "D"), [0, 1]),
        ([1, 2], (), ("C", "D"), ("C", "D"), [0, 1]),
        ([True, False], (), (), ("0", "1"), [1, 0]),
    ],
)
def test_classes_have_names_and_numbers(labels, source, wanted, names, numbers) -> None:
    classes = assign_classes(np.array(labels), source, wanted)
    assert classes.names == names
    assert classes.labels.tolist() == numbers
    assert classes.labels.dtype == np.int32
    assert classes.notes == ()


def test_classes_without_images_are_left_out_and_named() -> None:
    classes = assign_classes(np.array([0, 2]), ("a", "b", "c"), ())
    assert (classes.names, classes.labels.tolist()) == (("a", "c"), [0, 1])
    assert classes.notes == ("left out: 1 class without images (b)",)


@pytest.mark.parametrize(
    ("labels", "source", "wanted", "said"),
    [
        ([0, 5, -1], ("a", "b"), (), r"2 of 3 labels \(-1, 5\) are outside 0\.\.1, the range of 2 class names"),
        ([0, 1], ("a", "b"), ("C",), r"--data\.classes has 1 names, but there are 2 classes \(a, b\)"),
        (["a", "", "b"], (), (), "1 of 3 images have no label, the first is image 2"),
        ([1.0, float("nan")], (), (), "1 of 2 images have no label"),
        ([0.5], (), (), r"no whole numbers, such as 0\.5"),
        (np.arange(1001), (), (), "1,001 classes, at most 1,000"),
    ],
)
def test_wrong_labels_are_counted_and_named(labels, source, wanted, said: str) -> None:
    with pytest.raises(DataError, match=said):
        assign_classes(np.array(labels), source, wanted)
