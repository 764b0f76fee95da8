from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.history.history import History
from vae_tui.core.history.marks import Mark
from vae_tui.core.history.pyramid import CAPACITY
from vae_tui.core.protocol.events import Evaluated, Metric, Metrics
from vae_tui.tui.render.canvas import Symbols
from vae_tui.tui.render.cells import Cells
from vae_tui.tui.render.chart.chart import ChartView, draw_chart
from vae_tui.tui.render.chart.curve_data import CurveData, EarlierRun
from vae_tui.tui.render.chart.curve_picture import draw_curves
from vae_tui.tui.render.chart.ink import Ink


def history_of(
    values: np.ndarray, first_step: int = 1, *, validation: dict[int, float] | None = None, capacity: int = CAPACITY
) -> History:
    """A run whose loss has these values; `validation` are losses by step."""
    history = History(capacity)
    loss = np.asarray(values, np.float32)
    step = first_step + len(loss) - 1
    history.add(
        Metrics(
            step=step, first_step=first_step, seconds=1, loss=loss, reconstruction=loss, kl=loss, grad_norm=loss,
            learning_rate=loss,
        )
    )  # fmt: skip
    for step, value in (validation or {}).items():
        history.add(Evaluated(step=step, split="validation", loss=value, reconstruction=value, kl=0.0))
    return history


def draw(history: History, *, metric: Metric = "loss", height: int = 13, width: int = 50, **options: object) -> Cells:
    known = history.first_step, history.last_step
    view = ChartView(**({"steps": known, "known": known} | options))  # type: ignore[arg-type]
    return draw_chart(CurveData(history), metric, view, height, width)[0]


def lines(cells: Cells) -> list[str]:
    return ["".join(map(chr, row)) for row in cells.glyphs]


def curve(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(cells.styles == Ink.CURVE)
    return rows, columns


def test_a_falling_curve_falls():
    rows, columns = curve(draw(history_of(np.linspace(200, 100, 1000))))
    assert rows[columns.argmin()] == 0
    assert rows[columns.argmax()] == 10
    assert np.corrcoef(rows, columns)[0, 1] > 0.99


def test_the_axes_have_round_numbers():
    text = lines(draw(history_of(np.linspace(200, 100, 1000))))
    assert text[0].startswith("200┤")
    assert text[10].startswith("100┤")
    assert text[-2].lstrip().startswith("└┬")
    assert text[-1].split() == ["0", "500", "1k", "steps"]


@pytest.mark.parametrize("width", [40, 70, 160])
def test_the_smoothed_course_is_the_same_at_any_width(width):
    values = 100 + 50 * np.exp(-np.arange(800) / 100) + 10 * np.random.default_rng(0).uniform(-1, 1, 800)
    history = history_of(values)
    data = CurveData(history)
    fine, coarse = data.samples("loss", 1, 800, 800), data.samples("loss", 1, 800, width)
    ends = np.arange(1, width + 1) * 800 // width - 1
    np.testing.assert_array_equal(coarse.smoothed, fine.smoothed[ends])


def test_without_unicode_there_is_only_ascii():
    history = history_of(np.linspace(200, 100, 1000), validation={250: 150.0, 500: 140.0})
    marks = [Mark(step, kind, "") for step, kind in enumerate(("evaluation", "best", "alert", "pause"), 300)]  # type: ignore[arg-type]
    text = "".join(lines(draw(history, symbols="ascii", marks=marks, cursor=700)))
    assert text.isascii()
    assert {"*", "o", "@", "|", "+", "!"} <= set(text)


def test_blocks_need_no_braille():
    cells = draw(history_of(np.linspace(200, 100, 1000)), symbols="block")
    assert not any(0x2800 <= glyph < 0x2900 for glyph in cells.glyphs.ravel())
    rows, columns = curve(cells)
    assert np.corrcoef(rows, columns)[0, 1] > 0.99


def test_the_spread_is_drawn_around_the_curve():
    cells = draw(history_of(100 + 20 * np.random.default_rng(0).uniform(-1, 1, 5000)))
    assert (cells.styles == Ink.ENVELOPE).sum() > (cells.styles == Ink.CURVE).sum()


@pytest.mark.parametrize(("symbols", "arrow"), [("braille", "▲"), ("block", "▲"), ("ascii", "^")])
def test_a_spike_of_one_step_is_named_where_it_is_cut_off(symbols, arrow):
    flat = np.full(5000, 100.0) + np.arange(5000) % 5
    spike = flat.copy()
    spike[2500] = 100_000
    assert not (draw(history_of(flat), symbols=symbols).styles == Ink.CLIPPED).any()
    top = lines(draw(history_of(spike), symbols=symbols))[0]
    assert f"{arrow} 100,000 at step 2,501" in top
    assert 4 + 0.45 * 46 <= top.index(arrow) <= 4 + 0.55 * 46


def test_where_there_is_no_room_for_words_the_arrow_remains():
    values = np.full(500, 100.0) + np.arange(500) % 5
    values[250] = 1000
    top = lines(draw(history_of(values), height=4))[0]
    assert "▲" in top
    assert "step" not in top


def test_a_spike_among_old_steps_is_near_a_step():
    values = np.full(20_000, 100.0) + np.arange(20_000) % 5
    values[1000] = 7000
    top = lines(draw(history_of(values, capacity=256)))[0]
    near = top.split("▲ 7,000 near step ")[1].split()[0]
    assert 1001 <= float(near.rstrip("k")) * 1000 <= 1001 + 256


def test_values_far_below_are_named_at_the_bottom():
    text = lines(draw(history_of(100 - 300 * np.exp(-np.arange(1000) / 5))))
    assert "▼ -200.00 at step 1" in text[-3]


def test_validations_are_joined_and_the_best_is_marked_apart():
    history = history_of(np.linspace(200, 100, 1000), validation={200: 180.0, 500: 130.0, 800: 160.0})
    cells = draw(history)
    text = "".join(lines(cells))
    assert text.count("●") == 2
    assert text.count("◆") == 1
    assert (cells.styles == Ink.BEST).sum() == 1
    assert (cells.styles == Ink.POINTS).sum() > 10


@pytest.mark.parametrize(("metric", "marks"), [("loss", 2), ("reconstruction", 0), ("kl", 0)])
def test_only_the_loss_has_a_best_value(metric, marks):
    history = history_of(np.linspace(200, 100, 1000), validation={200: 180.0, 500: 130.0, 800: 160.0})
    text = "".join(lines(draw(history, metric=metric, marks=[Mark(500, "best", "")])))
    assert text.count("◆") == marks, "at the value, and on the step axis"


@pytest.mark.parametrize("symbols", ["braille", "block", "ascii"])
def test_both_curves_are_seen_where_they_coincide(symbols):
    history = history_of(np.full(1000, 150.0), validation=dict.fromkeys(range(10, 1000, 10), 150.0))
    styles = draw(history, symbols=symbols).styles[:-2, 6:-2]
    for ink in (Ink.CURVE, Ink.POINTS):
        columns = np.flatnonzero((styles == ink).any(axis=0))
        assert np.diff(columns).max() <= 4
        assert len(columns) >= 15


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("height", [3, 4, 5, 7, 10])
def test_the_value_axis_has_at_least_two_labels(height, log):
    for low in (52.0, 88.0, 104.0, 260.0):
        text = lines(draw(history_of(np.linspace(2.1 * low, low, 1000)), height=height, width=30, log=log))
        assert sum("┤" in line for line in text) >= 2, (low, text)


def test_crowded_validations_leave_the_last_and_the_best():
    validation = {step: 150.0 - (step == 400) for step in range(10, 1000, 10)}
    text = "".join(lines(draw(history_of(np.linspace(200, 100, 1000), validation=validation))))
    assert (text.count("●"), text.count("◆")) == (1, 1)


def test_validations_out_of_view_are_joined_to_those_in_view_but_not_marked():
    history = history_of(np.linspace(200, 100, 1000), validation={400: 150.0, 500: 140.0, 600: 145.0})
    cells = draw(history, steps=(420, 560))
    assert "".join(lines(cells)).count("◆") == 1
    assert "●" not in "".join(lines(cells))
    plot = cells.styles[:-2, 4:]
    assert np.isin(plot, [Ink.POINTS, Ink.BEST]).any(axis=0).all()


def test_a_logarithmic_scale_shows_large_and_small_values_alike():
    cells = draw(history_of(np.geomspace(1000, 1, 900)), log=True)
    rows, columns = curve(cells)
    assert np.corrcoef(rows, columns)[0, 1] > 0.98
    assert lines(cells)[0].split("┤")[0].strip() == "1k"


def test_arrows_show_that_there_are_more_steps():
    history = history_of(np.linspace(200, 100, 5000))
    text = lines(draw(history, steps=(2001, 3000), width=80))
    assert text[-1].split() == ["2k", "2.2k", "2.4k", "2.6k", "2.8k", "3k", "steps"]
    assert "◂" in text[-2]
    assert "▸" in text[-2]


def test_a_close_look_numbers_the_steps_in_full():
    history = history_of(np.linspace(200, 100, 400), first_step=2_000_001)
    labels = lines(draw(history, steps=(2_000_101, 2_000_120), width=120))[-1].split("steps")[0].split()
    numbers = [int(label.replace(",", "")) for label in labels]
    assert len(set(numbers)) == len(numbers) >= 3
    assert all(2_000_101 <= number <= 2_000_120 for number in numbers)


def test_few_steps_show_the_values_themselves_as_a_line():
    values = np.array([1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0, 5.0, 5.0])
    plot = draw(history_of(values), height=16, width=64).styles[:-2, 3:]
    drawn = (plot == Ink.ENVELOPE) | (plot == Ink.CURVE)
    columns = np.flatnonzero(drawn.any(axis=0))
    assert columns[0] < 6
    assert columns[-1] >= plot.shape[1] - 6
    assert (np.diff(columns) == 1).all()


def test_the_cursor_is_a_line_that_the_curves_cross():
    history = history_of(np.linspace(200, 100, 1000), validation={200: 180.0, 800: 160.0})
    plain, pointed = draw(history), draw(history, cursor=500)
    (column,) = np.flatnonzero((plain.glyphs != pointed.glyphs).any(axis=0))
    assert abs(column - (4 + 46 // 2)) <= 1
    styles = pointed.styles[:-2, column]
    assert (styles == Ink.CURSOR).sum() >= 7
    assert Ink.CURVE in styles
    assert np.array_equal(draw(history, cursor=900, steps=(1, 300)).glyphs, draw(history, steps=(1, 300)).glyphs)


numbers = st.floats(-(2.0**99), 2.0**99, width=32) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0])


@given(
    values=st.lists(numbers, min_size=1, max_size=60),
    validation=st.dictionaries(st.integers(0, 60), numbers, max_size=5),
    first_step=st.integers(1, 10_000),
    part=st.tuples(st.integers(0, 60), st.integers(0, 100)),
    height=st.integers(1, 30),
    width=st.integers(1, 90),
    log=st.booleans(),
    symbols=st.sampled_from(["braille", "block", "ascii"]),
)
def test_any_size_and_any_values_give_a_chart(values, validation, first_step, part, height, width, log, symbols):
    with np.errstate(over="ignore", invalid="ignore"):
        history = history_of(
            np.array(values), first_step, validation={first_step + step: v for step, v in sorted(validation.items())}
        )
        start = first_step + part[0]
        cells = draw(
            history, steps=(start, start + part[1]), height=height, width=width, log=log, symbols=symbols, cursor=start
        )
    assert cells.glyphs.shape == cells.styles.shape == (height, width)
    assert all(line.isprintable() for line in lines(cells))
    assert cells.styles.max() <= max(Ink)


@pytest.mark.parametrize(("symbols", "sign"), [("braille", "┈"), ("ascii", ",")])
def test_an_earlier_run_is_dotted_behind_and_named_with_its_value_at_the_cursor(symbols: Symbols, sign: str) -> None:
    history = history_of(np.linspace(200, 150, 1000))
    earlier = EarlierRun("before", CurveData(history_of(np.full(500, 100.0))))
    view = ChartView((1, 1000), (1, 1000), symbols=symbols, earlier=earlier)
    cells, _ = draw_curves(CurveData(history), "loss", view, 13, 90)
    rows, columns = np.nonzero(cells.styles[1:] == Ink.EARLIER)
    assert len(columns) > 10
    assert columns.max() < 50, "it ended at half of the steps"
    assert set(np.diff(np.unique(columns))) <= {1, 2}
    assert rows.min() > curve(cells)[0].max() - 1, "lower losses"
    assert f"{sign} before" in lines(cells)[0]
    for cursor, words in ((300, "before 100.00"), (800, "before ended before")):
        cells, _ = draw_curves(CurveData(history), "loss", replace(view, cursor=cursor), 13, 110)
        assert words in "".join(lines(cells)[:2])
