from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.cells import Cells
from vae_tui.tui.render.chart import Ink, Marks, Samples, draw_chart

NO_MARKS = Marks(np.empty(0), np.empty(0), None)


def sampler(values: np.ndarray, first_step: int) -> Callable[[int], Samples]:
    """Thins values of the steps after `first_step` out as a history does."""

    def sample(columns: int) -> Samples:
        columns = min(columns, len(values))
        parts = np.array_split(np.asarray(values, np.float64), columns)
        steps = first_step + (np.arange(columns) + 0.5) * (len(values) / columns)
        lows, highs = np.array([part.min() for part in parts]), np.array([part.max() for part in parts])
        return Samples(steps, lows, highs, np.array([part.mean() for part in parts]))

    return sample


def draw(values: np.ndarray, marks: Marks = NO_MARKS, **options: object) -> Cells:
    arguments = {
        "first_step": 0,
        "last_step": len(values),
        "log": False,
        "height": 12,
        "width": 50,
        "unicode": True,
    } | options
    return draw_chart(sampler(values, arguments["first_step"]), marks, **arguments)  # type: ignore[arg-type]


def lines(cells: Cells) -> list[str]:
    return ["".join(map(chr, row)) for row in cells.glyphs]


def test_a_falling_curve_falls():
    cells = draw(np.linspace(200, 100, 1000))
    rows, columns = np.nonzero(cells.styles == Ink.CURVE)
    assert rows[columns.argmin()] == 0
    assert rows[columns.argmax()] == 10
    assert np.corrcoef(rows, columns)[0, 1] > 0.99


def test_the_axes_have_round_numbers():
    text = lines(draw(np.linspace(200, 100, 1000)))
    assert text[0].startswith("200┤")
    assert text[10].startswith("100┤")
    assert text[-1].split() == ["0", "500", "1k", "steps"]


def test_without_unicode_there_is_only_ascii():
    marks = Marks(np.array([250.0, 500.0]), np.array([150.0, 140.0]), 1)
    text = "".join(lines(draw(np.linspace(200, 100, 1000), marks, unicode=False)))
    assert text.isascii()
    assert {"*", "o", "|", "+"} <= set(text)


def test_the_spread_is_drawn_around_the_curve():
    values = 100 + 20 * np.random.default_rng(0).uniform(-1, 1, 5000)
    cells = draw(values)
    assert (cells.styles == Ink.ENVELOPE).sum() > (cells.styles == Ink.CURVE).sum()


@pytest.mark.parametrize("unicode", [True, False])
def test_a_spike_of_one_step_is_drawn_or_marked_as_cut(unicode):
    flat = np.full(5000, 100.0) + np.arange(5000) % 5
    spike = flat.copy()
    spike[2500] = 100_000
    assert not (draw(flat, unicode=unicode).styles == Ink.CLIPPED).any()
    cells = draw(spike, unicode=unicode)
    (column,) = np.flatnonzero(cells.styles[0] == Ink.CLIPPED)
    assert chr(cells.glyphs[0, column]) == "^"
    assert 4 + 0.45 * 46 <= column <= 4 + 0.55 * 46


def test_values_far_below_are_marked_at_the_bottom():
    rising = 100 - 300 * np.exp(-np.arange(1000) / 5)
    cells = draw(rising)
    plot = cells.styles[:-1]
    assert chr(cells.glyphs[len(plot) - 1, np.flatnonzero(plot[-1] == Ink.CLIPPED)[0]]) == "v"


def test_marks_are_joined_and_the_best_is_marked_apart():
    marks = Marks(np.array([200.0, 500.0, 800.0]), np.array([180.0, 130.0, 160.0]), 1)
    cells = draw(np.linspace(200, 100, 1000), marks)
    text = "".join(lines(cells))
    assert text.count("●") == 2
    assert text.count("◆") == 1
    assert (cells.styles == Ink.BEST).sum() == 1
    assert (cells.styles == Ink.MARKS).sum() > 10


def test_crowded_marks_leave_the_last_and_the_best():
    steps = np.arange(10.0, 1000.0, 10.0)
    marks = Marks(steps, 150 + 0 * steps, 40)
    text = "".join(lines(draw(np.linspace(200, 100, 1000), marks)))
    assert (text.count("●"), text.count("◆")) == (1, 1)


def test_a_logarithmic_scale_shows_large_and_small_values_alike():
    values = np.geomspace(1000, 1, 900)
    cells = draw(values, log=True)
    rows, columns = np.nonzero(cells.styles == Ink.CURVE)
    assert np.corrcoef(rows, columns)[0, 1] > 0.99
    assert lines(cells)[0].split("┤")[0].strip() == "1k"


numbers = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, 0.0, 1e30, 1e-30])


@given(
    values=st.lists(numbers, min_size=1, max_size=60),
    marks=st.lists(numbers, max_size=5),
    first_step=st.integers(0, 10_000),
    height=st.integers(1, 30),
    width=st.integers(1, 90),
    log=st.booleans(),
    unicode=st.booleans(),
)
def test_any_size_and_any_values_give_a_chart(values, marks, first_step, height, width, log, unicode):
    steps = first_step + np.linspace(0, len(values), len(marks))
    with np.errstate(invalid="ignore"):  # means of infinities, in the sampler of this test
        cells = draw(
            np.array(values),
            Marks(steps, np.array(marks, float), 0 if marks else None),
            first_step=first_step,
            last_step=first_step + len(values),
            height=height,
            width=width,
            log=log,
            unicode=unicode,
        )
    assert cells.glyphs.shape == cells.styles.shape == (height, width)
    assert all(line.isprintable() for line in lines(cells))
    assert cells.styles.max() <= max(Ink)
