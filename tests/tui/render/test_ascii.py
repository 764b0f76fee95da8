from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from vae_tui.tui.render.ascii import AsciiOnly, to_ascii

BLACK = Color(0, 0, 0)


@given(st.text())
def test_every_text_becomes_ascii_of_the_same_width(text: str):
    changed = to_ascii(text)
    assert changed.isascii()
    assert cell_len(changed) == sum(cell_len(character) for character in text)


@given(st.text(st.characters(max_codepoint=126, min_codepoint=32)))
def test_ascii_stays_as_it_is(text: str):
    assert to_ascii(text) == text


def test_signs_become_what_they_look_like():
    assert to_ascii("╭─ loss ─╮│━━─ 5%") == "+- loss -+|==- 5%"
    assert to_ascii("● training · pausing… → β ×2") == "o training . pausing~ > b x2"
    assert to_ascii("naïve café") == "naive cafe"
    assert to_ascii("漢") == "??"


def test_the_filter_keeps_styles_and_what_is_ascii_already():
    bold = Style(bold=True)
    plain = Segment("steps", bold)
    kept, changed = AsciiOnly().apply([plain, Segment("●", bold)], BLACK)
    assert kept is plain
    assert changed == Segment("o", bold)
