from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.cells import Cells
from vae_tui.tui.render.chart.flow import Item, arrange_items, write


def item(text: str, rank: int = 0) -> Item:
    return Item(tuple((word, 0) for word in text.split()), rank)


def written(line: list[Item], width: int) -> str:
    cells = Cells.blank(1, width)
    write(cells, 0, line)
    return "".join(map(chr, cells.glyphs[0])).rstrip()


def test_facts_share_the_lines_and_have_air_where_there_is_room():
    facts = [item("step 7"), item("loss 1.5"), item("rate 0.1")]
    (line,) = arrange_items([facts], 40, 1)
    assert written(line, 40) == "step 7  loss 1.5  rate 0.1"
    assert written(line, 24) == "step 7 loss 1.5 rate 0.1"
    first, second = arrange_items([facts], 16, 2)
    assert written(first, 16) == "step 7  loss 1.5"
    assert written(second, 16) == "rate 0.1"


def test_shorter_words_come_before_leaving_out():
    long, short = [item("gradient norm 3"), item("loss 1")], [item("grad 3"), item("loss 1")]
    assert arrange_items([long, short], 22, 1) == [long]
    assert arrange_items([long, short], 14, 1) == [short]


def test_what_matters_least_is_left_out_first():
    facts = [item("a 1", 2), item("b 2", 0), item("c 3", 1)]
    assert arrange_items([facts], 7, 1) == [[facts[1], facts[2]]]
    assert arrange_items([facts], 5, 1) == [[facts[1]]]
    assert arrange_items([facts], 2, 1) == []


words = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=3).map(" ".join)


@given(st.lists(st.tuples(words, st.integers(0, 3)), max_size=8), st.integers(1, 40), st.integers(1, 3))
def test_lines_never_overflow(facts, width, lines):
    flowed = arrange_items([[item(text, rank) for text, rank in facts]], width, lines)
    assert len(flowed) <= lines
    for line in flowed:
        assert sum(fact.width for fact in line) + len(line) - 1 <= width
        assert all(word in written(line, width) for fact in line for word, _ in fact.words)
