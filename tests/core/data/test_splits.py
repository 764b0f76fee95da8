"""The images that are held out for validation."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.data.catalog import SOURCES
from vae_tui.core.data.dataset import Split
from vae_tui.core.data.splits import hold_out, hold_out_per_class


def numbered(labels: list[int]) -> Split:
    """A split in which an image's first two pixels are its number."""
    images = np.zeros((len(labels), 28, 28), np.uint8)
    numbers = np.arange(len(labels))
    images[:, 0, 0], images[:, 0, 1] = numbers % 256, numbers // 256
    return Split(images, np.array(labels, np.int32))


def numbers(split: Split) -> list[int]:
    return (split.images[:, 0, 0] + split.images[:, 0, 1].astype(int) * 256).tolist()


@given(st.integers(1, 600), st.data())
def test_the_parts_are_disjoint_and_make_up_the_whole(size: int, data: st.DataObject) -> None:
    held = data.draw(st.integers(0, size))
    split = numbered([number % 7 for number in range(size)])
    train, validation = hold_out(split, held)
    assert (len(train), len(validation)) == (size - held, held)
    assert sorted(numbers(train) + numbers(validation)) == list(range(size))
    for part in (train, validation):
        assert part.labels.tolist() == [number % 7 for number in numbers(part)]


@given(st.integers(1, 400))
def test_the_choice_depends_on_the_size_alone(size: int) -> None:
    chosen = [numbers(hold_out(numbered([label] * size), size // 3)[1]) for label in (0, 1)]
    assert chosen[0] == chosen[1]


def test_the_choice_is_the_same_for_ever() -> None:
    """A changed choice would make old and new validation losses incomparable, and train on images once held out."""
    validation = numbers(hold_out(numbered([0] * 60_000), 5_000)[1])
    digest = hashlib.sha256(np.array(validation, "<u2").tobytes()).hexdigest()
    assert digest == "a12091ffa2b51237d2e20ab0a934c82d5ab6b9c37eb391dd9e2d062d4915b61d"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.integers(0, 60))
def test_each_class_gives_its_number(labels: list[int], per_class: int) -> None:
    train, validation = hold_out_per_class(numbered(labels), per_class)
    assert sorted(numbers(train) + numbers(validation)) == list(range(len(labels)))
    for label in set(labels):
        assert np.sum(validation.labels == label) == min(per_class, labels.count(label))


@pytest.mark.parametrize("name", SOURCES)
def test_a_twelfth_is_held_out(name: str) -> None:
    source = SOURCES[name]
    assert source.validation_size * 12 == source.train.size
    if source.train.size == 60_000:
        assert source.validation_size == 5_000
