import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.cells import cell_len
from rich.style import Style
from vae_tui.tui.render.cells import Cells, StyleTable, changed_spans, render_strip

TABLE = StyleTable(
    [
        Style.parse("white on black"),
        Style.parse("red on black"),
        Style.parse("black on blue"),
        Style.parse("underline green on black"),
    ]
)


def test_text_is_cut_at_the_edge_and_never_wider_than_its_cells():
    cells = Cells.blank(1, 6)
    assert cells.write(0, 1, "a数b\n", 1) == 6
    assert render_strip(cells, 0, TABLE).text == " a数b�"
    cells.write(0, 3, "too long", 1)
    assert render_strip(cells, 0, TABLE).text == " a too"
    cells.write(5, 0, "below", 1)
    cells.write(0, 9, "beside", 1)
    assert render_strip(cells, 0, TABLE).text == " a too"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.text("a数🐱e\u0301\u200d[/]", max_size=8)), max_size=4), st.integers(0, 9)
)
def test_a_line_has_its_width_whatever_is_written_and_where_it_is_cut(texts, cut):
    cells = Cells.blank(1, 9)
    for x, text in texts:
        cells.write(0, x, text, 1)
    for part in (slice(0, 9), slice(0, cut), slice(cut, 9)):
        strip = render_strip(cells.columns(part), 0, TABLE)
        assert sum(map(cell_len, strip.text)) == strip.cell_length == part.stop - part.start


def test_a_wide_character_moves_behind_a_boundary_that_it_would_cross():
    cells = Cells.blank(1, 8)
    cells.write(0, 1, "数学", 1)
    cells.keep_whole(4)
    assert [render_strip(cells.columns(part), 0, TABLE).text for part in (slice(0, 4), slice(4, 8))] == [" 数 ", "学  "]


def test_a_wide_character_is_sent_whole():
    old, new = Cells.blank(1, 6), Cells.blank(1, 6)
    old.write(0, 1, "数", 1)
    new.write(0, 1, "学", 1)
    assert changed_spans(old, new) == [(0, 1, 3)]


def test_spaces_join_the_run_before_them_when_that_looks_the_same():
    cells = Cells.blank(1, 12)
    cells.write(0, 2, "ab", 1)
    cells.write(0, 6, "cd", 1)
    assert [(segment.text, segment.style) for segment in render_strip(cells, 0, TABLE)] == [
        ("  ab  cd    ", TABLE.styles[1])
    ]


def test_spaces_keep_their_own_style_beside_one_that_would_show():
    for style in (2, 3):  # another background, underlined
        cells = Cells.blank(1, 4)
        cells.write(0, 1, "x", style)
        assert [segment.text for segment in render_strip(cells, 0, TABLE)] == [" ", "x", "  "]


pictures = st.integers(1, 12).flatmap(
    lambda width: st.tuples(
        arrays.arrays(np.uint32, (3, width), elements=st.sampled_from([32, 97, 98])),
        arrays.arrays(np.int32, (3, width), elements=st.integers(0, 3)),
    )
)


@given(pictures)
def test_a_strip_shows_every_cell_as_it_is(arrays_of_picture):
    cells = Cells(*arrays_of_picture)
    for y in range(3):
        strip = render_strip(cells, y, TABLE)
        shown = [(character, segment.style) for segment in strip for character in segment.text]
        assert strip.cell_length == len(shown) == cells.glyphs.shape[1]
        for (character, style), glyph, number in zip(shown, cells.glyphs[y], cells.styles[y], strict=True):
            wanted = TABLE.styles[number]
            assert character == chr(glyph)
            assert style is not None
            if character == " ":  # of a space one sees the background and the line under it
                assert (style.bgcolor, style.underline) == (wanted.bgcolor, wanted.underline)
            else:
                assert style == wanted


@given(pictures, st.data())
def test_changed_spans_cover_all_changes_and_begin_and_end_with_one(arrays_of_picture, data):
    old = Cells(*arrays_of_picture)
    new = Cells(old.glyphs.copy(), old.styles.copy())
    width = old.glyphs.shape[1]
    places = data.draw(st.sets(st.tuples(st.integers(0, 2), st.integers(0, width - 1))))
    for y, x in places:
        new.glyphs[y, x] += 1
    expected = []
    for y in range(3):
        columns = [x for line, x in places if line == y]
        if columns:
            expected.append((y, min(columns), max(columns) + 1))
    assert changed_spans(old, new) == expected
