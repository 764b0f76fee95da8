"""The hints of panels that are still empty."""

from vae_tui.tui.render.cells import Cells
from vae_tui.tui.render.hint import write_hint


def written(height: int, width: int, *sentences: str) -> list[str]:
    cells = Cells.blank(height, width)
    write_hint(cells, sentences, 1)
    return ["".join(map(chr, line)).strip() for line in cells.glyphs]


def test_sentences_are_wrapped_and_in_the_middle() -> None:
    assert written(5, 12, "one two three", "four") == ["one two", "three", "", "four", ""]


def test_the_last_sentences_give_way() -> None:
    assert written(3, 12, "one two three", "four") == ["one two", "three", ""]
    assert written(1, 12, "one two three", "four") == ["one two"]
