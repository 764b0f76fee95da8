"""Texts from elsewhere, as a terminal may show them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.process.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]2;title\x07", "\ufffd]2;title\ufffd"),
        ("\x9b2J\x7f\r\b", "\ufffd2J\ufffd\ufffd\ufffd"),
        ("file\u202egnp.exe", "file\ufffdgnp.exe"),
        ("a\u200bb\ufeff\u2028", "a\ufffdb\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        ("[/] é 日本 👍 \u00a0½", "[/] é 日本 👍 \u00a0½"),
    ],
)
def test_what_a_terminal_would_obey_is_replaced_visibly(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_are_kept_where_wanted() -> None:
    assert printable("a\n\tb") == "a\n\tb"
    assert printable("a\n\tb", keep="") == "a\ufffd\ufffdb"


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Lu", "Zs"])))
def test_nothing_hidden_is_left(text: str) -> None:
    shown = printable(text, keep="")
    assert len(shown) == len(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()
