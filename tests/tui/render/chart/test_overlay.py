"""Curves of several runs: on one axis, told apart without color, read out at one cursor."""

import math

import numpy as np
import pytest
from compared_runs import variants
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from vae_tui.core.comparison import AXES, ComparedRun
from vae_tui.tui.render.chart.overlay import OverlayView, draw_overlay, take_turns
from vae_tui.tui.render.chart.overlay_data import read_run, sample_curve
from vae_tui.tui.render.chart.position_axis import position_text, position_ticks
from vae_tui.tui.render.chart.scale import StepScale
from vae_tui.tui.render.run_signs import LETTERS, point_sign


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[ComparedRun]:
    return variants(tmp_path_factory.mktemp("runs"), 8)


def view(runs, axis="step", **options) -> OverlayView:
    spans = [run.spans(axis) for run in runs]
    known = min(first for first, _ in spans), max(last for _, last in spans)
    settings = {"metric": "loss", "axis": axis, "shown": known, "known": known, "symbols": "braille"} | options
    return OverlayView(**settings)


def text(cells) -> list[str]:
    return ["".join(map(chr, row)) for row in cells.glyphs.tolist()]


@pytest.mark.parametrize("symbols", ["braille", "ascii"])
def test_eight_curves_are_told_apart_without_color(runs, symbols):
    cells, place = draw_overlay(runs, view(runs, symbols=symbols, colors=False), 40, 120)
    assert place is not None
    plot = "".join(line[place.x :] for line in text(cells)[place.y : place.y + place.height])
    for index in range(8):
        letter = LETTERS[index] if symbols == "braille" else LETTERS[index].lower()
        assert letter in plot
        assert point_sign(index, unicode=symbols == "braille") in plot
    if symbols == "ascii":
        assert plot.isascii()
    assert len({point_sign(index, unicode=True) for index in range(8)}) == 8


@given(arrays(bool, (4, 3, 24)))
def test_every_curve_is_seen_where_it_shares_cells(masks):
    seen = take_turns(masks)
    assert not (seen & ~masks).any()
    assert (seen.sum(axis=0) == masks.any(axis=0)).all()  # one curve a cell
    full = take_turns(np.ones((4, 1, 24), bool))
    assert full.any(axis=(1, 2)).all()


@pytest.mark.parametrize("axis", AXES)
@given(part=st.tuples(st.floats(0, 1), st.floats(0, 1)), parts=st.integers(1, 300))
def test_a_curve_has_the_metric_of_its_step_at_each_position(runs, axis, part, parts):
    run = runs[1]
    last = run.spans(axis)[1]
    start, end = sorted(round(fraction * last) for fraction in part)
    curve = sample_curve(run, "loss", axis, start, end, parts)
    steps = np.rint(run.steps_at(axis, curve.positions)).astype(int)
    assert (np.diff(steps) > 0).all()
    for step, value in zip(steps.tolist(), curve.values.tolist(), strict=True):
        assert value == pytest.approx(float(run.history.smoothed("loss", step, step, 1)[0]))
    assert len(curve.values) <= parts + 2
    if run.steps_at(axis, np.array([start - 0.5]))[0] > 1:  # the line reaches the left edge
        assert curve.positions[0] <= start + 0.5


@pytest.mark.parametrize("axis", AXES)
def test_a_position_is_in_the_same_column_for_all_runs(runs, axis):
    scale = StepScale(*view(runs, axis).shown, 200)
    for run in runs:
        curve = sample_curve(run, "loss", axis, scale.first, scale.last, 200)
        np.testing.assert_allclose(
            scale.columns(curve.positions), (curve.positions - scale.first + 0.5) * 200 / scale.length
        )
    ends = {round(sample_curve(run, "loss", axis, scale.first, scale.last, 200).positions[-1]) for run in runs}
    assert len(ends) == {"step": 1, "epoch": 2, "time": 8}[axis]


def test_the_cursor_reads_out_every_run_at_its_own_step(runs):
    cursor = 30_000  # three epochs
    cells, _ = draw_overlay(runs[:3], view(runs, "epoch", cursor=cursor), 30, 200)
    words = " ".join(text(cells)[:3])
    assert "epoch 3.00" in words
    for run, step in zip(runs[:3], (150, 180, 150), strict=True):
        reading = read_run(run, "loss", "epoch", cursor)
        assert reading.step == step
        assert reading.validation == next(e.loss for e in reversed(run.history.evaluations()) if e.step <= step)
        assert f"{run.name} {reading.value:.2f}" in words
        assert f"{reading.validation:.2f} step {step}" in words


def test_where_a_run_has_no_step_it_has_no_values(runs):
    late = runs[7].position("time", 300)
    assert read_run(runs[0], "loss", "time", late).step is None
    assert math.isnan(read_run(runs[0], "loss", "time", late).value)
    assert read_run(runs[7], "loss", "time", late).step == 300
    cells, _ = draw_overlay(runs, view(runs, "time", cursor=late), 30, 200)
    assert "A defaults no step" in text(cells)[0]


@pytest.mark.parametrize(("height", "width"), [(1, 8), (3, 20), (7, 79), (9, 30), (19, 116), (45, 196)])
def test_every_run_is_read_out_in_any_panel_that_has_room(runs, height, width):
    cells, _ = draw_overlay(runs, view(runs, cursor=200), height, width)
    assert cells.glyphs.shape == (height, width)
    if width >= 79:
        words = " ".join(text(cells)[:4])
        assert all(f"{letter} 1" in words or f"{letter} 9" in words for letter in LETTERS) or "defaults" in words


@pytest.mark.parametrize(("height", "width"), [(1, 1), (40, 1), (1, 200), (10, 5), (3, 12)])
def test_a_panel_of_any_size_can_be_drawn(runs, height, width):
    cells, place = draw_overlay(runs, view(runs, cursor=200), height, width)
    assert cells.glyphs.shape == (height, width)
    assert place is not None


def test_left_out_runs_do_not_stretch_the_axis(runs):
    left_out = [index > 0 for index in range(8)]
    cells, place = draw_overlay(runs, view(runs, left_out=left_out, colors=False), 30, 100)
    assert place is not None
    plot = "".join(line[place.x :] for line in text(cells)[place.y : place.y + place.height])
    assert "A" in plot
    assert not set(LETTERS[1:]) & set(plot)


@pytest.mark.parametrize(
    ("axis", "position", "words"),
    [
        ("step", 1200, "step 1,200"),
        ("epoch", 32_500, "epoch 3.25"),
        ("time", 12_340, "time 12.3 s"),
        ("time", 750_000, "time 12:30"),
        ("time", 3_661_000, "time 1:01:01"),
    ],
)
def test_positions_in_words(axis, position, words):
    assert position_text(axis, position) == words


@given(st.sampled_from(AXES), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(10, 300))
def test_ticks_are_in_the_range_and_the_last_names_the_unit(axis, first, length, width):
    ticks, labels = position_ticks(axis, StepScale(first, first + length - 1, width))
    assert len(ticks) == len(labels)
    assert ticks == sorted(ticks)
    if ticks:
        assert labels[-1].split(" ")[-1] in ("steps", "epochs", "s", "min", "h")
