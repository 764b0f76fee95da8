"""A class is found by its number, its name, or a part of it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.state.class_names import answer_class, find_classes, has_other_classes
from vae_tui.tui.state.text import cut_cells

CHARACTERS = (*string.digits, *string.ascii_uppercase, *string.ascii_lowercase)
THINGS = ("Ankle boot", "Bag", "Coat", "[/red] top", "7", "猫")


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("", THINGS, []),
        ("bag", THINGS, [1]),
        (" Bag ", THINGS, [1]),
        ("boot", THINGS, [0]),
        ("oa", THINGS, [2]),
        ("[/", THINGS, [3]),
        ("猫", THINGS, [5]),
        ("2", THINGS, [2]),
        ("7", THINGS, [4]),
        ("a", THINGS, [0]),
        ("o", THINGS, [0, 2, 3]),
        ("b", ("ab", "bc", "bd"), [1, 2]),
        ("99", THINGS, []),
        ("9" * 5000, THINGS, []),
        ("²", THINGS, []),
        ("A", CHARACTERS, [10]),
        ("a", CHARACTERS, [36]),
        ("36", CHARACTERS, [36]),
        ("9", CHARACTERS, [9]),
    ],
)
def test_a_text_means_these_classes(text: str, names: tuple[str, ...], found: list[int]):
    assert find_classes(text, names) == found


@given(st.lists(st.text(max_size=5), min_size=1, max_size=30), st.data())
def test_every_class_has_a_number_that_is_not_another_ones_name(names: list[str], data: st.DataObject):
    label = data.draw(st.integers(0, len(names) - 1))
    if str(label) not in names:
        assert find_classes(str(label), names) == [label]


@given(st.text(max_size=10), st.lists(st.text(max_size=5), min_size=1, max_size=30))
def test_there_is_an_answer_to_whatever_is_typed(text: str, names: list[str]):
    assert answer_class(text, names)


def test_the_answer_says_what_enter_does():
    assert answer_class("", CHARACTERS) == "a number from 0 to 61, or a name"
    assert answer_class("boot", THINGS) == "class 0, Ankle boot"
    assert answer_class("5", CHARACTERS) == "class 5"
    assert answer_class("o", THINGS) == "3 classes: Ankle boot, Coat, [/red] top"
    assert answer_class("zebra", CHARACTERS) == "There is no such class. The numbers are 0 to 61."


def test_digits_have_no_other_classes_than_the_keys():
    assert not has_other_classes([str(label) for label in range(10)])
    assert not has_other_classes(["0", "1"])
    assert has_other_classes([str(label) for label in range(11)])
    assert has_other_classes(THINGS)


@given(st.text("ab 数🐱e\u0301", max_size=12), st.integers(0, 12))
def test_a_text_is_cut_to_its_cells(text: str, width: int):
    from rich.cells import cell_len

    cut = cut_cells(text, width)
    assert cell_len(cut) <= width
    assert cut == text or cell_len(text) > width
