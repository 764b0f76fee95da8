import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.history.marks import Mark
from vae_tui.tui.render.cells import Cells
from vae_tui.tui.render.chart.scale import StepScale
from vae_tui.tui.render.chart.timeline import SIGNS, draw_marks, marks_at

SCALE = StepScale(1, 1000, 50)


def drawn(*marks: Mark, unicode: bool = True) -> str:
    cells = Cells.blank(1, 60)
    draw_marks(cells, 0, 5, SCALE, marks, unicode)
    return "".join(map(chr, cells.glyphs[0]))


@pytest.mark.parametrize("kind", SIGNS)
def test_each_kind_has_a_glyph_of_its_own_at_its_step(kind):
    for unicode in (True, False):
        others = {drawn(Mark(500, other, ""), unicode=unicode).strip() for other in SIGNS if other != kind}
        line = drawn(Mark(500, kind, ""), unicode=unicode)
        assert line.index(line.strip()) == 5 + 24
        assert len(line.strip()) == 1
        assert line.strip() not in others
        assert unicode or line.isascii()


def test_the_most_important_mark_of_a_column_is_shown():
    marks = [Mark(505, "alert", "plateau"), Mark(501, "checkpoint", ""), Mark(510, "best", "")]
    assert drawn(*marks).strip() == "!"
    assert [mark.kind for mark in marks_at(marks, SCALE, 25)] == ["alert", "best", "checkpoint"]
    assert marks_at(marks, SCALE, 24) == []


def test_dense_evaluations_are_left_out_and_of_dense_checkpoints_the_last_is_shown():
    many = range(20, 1000, 35)
    assert drawn(*(Mark(step, "evaluation", "") for step in many)).strip() == ""
    line = drawn(*(Mark(step, "checkpoint", "") for step in many))
    assert line.strip() == "■"
    assert line.index("■") == 5 + SCALE.column(many[-1])
    assert drawn(*(Mark(step, "evaluation", "") for step in range(20, 1000, 200))).count("•") == 5


def test_knobs_that_were_turned_often_are_all_shown():
    assert drawn(*(Mark(step, "knobs", "") for step in range(100, 140, 20))).count("↕") == 2


@given(st.lists(st.builds(Mark, st.integers(1, 1000), st.sampled_from(list(SIGNS)), st.just("")), max_size=40))
def test_every_mark_is_found_in_its_column(marks):
    found = [mark for column in range(SCALE.width) for mark in marks_at(marks, SCALE, column)]
    assert sorted(found, key=repr) == sorted(marks, key=repr)
    cells = Cells.blank(1, 50)
    draw_marks(cells, 0, 0, SCALE, marks, True)
    assert set(np.flatnonzero(cells.glyphs[0] != ord(" "))) <= {SCALE.column(mark.step) for mark in marks}
