"""Splits that depend on nothing but the images."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from vae_tui.core.data.content_splits import TEST, TRAIN, VALIDATION, choose_splits, digests_of
from vae_tui.core.errors import DataError

IMAGES = st.lists(st.integers(0, 40).map(lambda number: (number, number % 3)), min_size=1, max_size=120)


def stack(numbers: list[int]) -> np.ndarray:
    return np.array(numbers, np.uint8).reshape(-1, 1, 1)


@given(IMAGES, st.randoms(use_true_random=False), st.booleans())
def test_the_order_has_no_influence_and_copies_stay_together(pairs, random, with_test: bool) -> None:
    def choose(pairs: list[tuple[int, int]]) -> dict[int, set[int]]:
        numbers = [number for number, _ in pairs]
        labels = np.array([label for _, label in pairs])
        splits = choose_splits(digests_of(stack(numbers)), labels, share=10, with_test=with_test)
        found: dict[int, set[int]] = {}
        for number, split in zip(numbers, splits.tolist(), strict=True):
            found.setdefault(number, set()).add(split)
        return found

    by_label = {label: {n for n, other in pairs if other == label} for _, label in pairs}
    assume(any(len(numbers) > 1 for numbers in by_label.values()))
    found = choose(pairs)
    assert all(len(splits) == 1 for splits in found.values())
    assert {VALIDATION} in found.values()
    assert {TRAIN} in found.values()
    assert with_test or {TEST} not in found.values()
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert choose(shuffled) == found


def test_each_class_gives_a_tenth() -> None:
    images = np.arange(3000, dtype=np.uint16).view(np.uint8).reshape(3000, 1, 2)
    labels = np.repeat([0, 1], [1000, 2000])
    splits = choose_splits(digests_of(images), labels, share=10, with_test=True)
    assert np.bincount(splits[labels == 0]).tolist() == [800, 100, 100]
    assert np.bincount(splits[labels == 1]).tolist() == [1600, 200, 200]


def test_a_class_of_copies_stays_in_training() -> None:
    numbers = [5] * 50 + list(range(10, 20))
    splits = choose_splits(digests_of(stack(numbers)), np.repeat([0, 1], [50, 10]), share=10, with_test=True)
    assert (splits[:50] == TRAIN).all()
    assert np.bincount(splits[50:]).tolist() == [8, 1, 1]


def test_copies_alone_are_too_few() -> None:
    with pytest.raises(DataError, match="no class has two different images"):
        choose_splits(digests_of(stack([1, 1, 2])), np.array([0, 0, 1]), share=10, with_test=True)
