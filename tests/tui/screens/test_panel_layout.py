"""The sizes of the panels: all that is shown fits, and what matters most is shown."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size
from vae_tui.tui.screens.panel_layout import SMALLEST, SMALLEST_STACKED, arrange_panels, shape_of

ROWS: dict[str, int] = dict.fromkeys(
    (
        *("state", "bar", "aside", "step", "epoch", "speed", "images", "validation", "active", "saved"),
        *("source", "parameters", "data", "run", "screen"),
    ),
    1,
)

sizes = st.builds(Size, st.integers(1, 320), st.integers(1, 120))
row_lines = st.builds(
    lambda texts, knobs: {**ROWS, **texts, **knobs},
    st.fixed_dictionaries({"trouble": st.integers(0, 9), "note": st.integers(0, 6)}),
    st.fixed_dictionaries({"rate": st.integers(0, 1), "beta": st.integers(0, 1)}),
)


@given(sizes, row_lines)
def test_no_panel_is_cut_or_on_another(size: Size, rows: dict[str, int]):
    shape = shape_of(size)
    if shape is None:
        return
    whole = Size(size.width, size.height - 1).region
    found = arrange_panels(shape, rows)
    assert all(whole.contains_region(region) for region in found.regions.values())
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found.regions.values(), 2))
    assert all(region.height > shape.border[0] for region in found.regions.values())
    assert sum(found.rows.values()) + shape.border[0] == found.regions["status"].height
    assert all(0 < lines <= rows[name] for name, lines in found.rows.items())


@given(sizes, row_lines)
def test_what_matters_most_is_shown_at_every_size(size: Size, rows: dict[str, int]):
    shape = shape_of(size)
    if shape is None:
        return
    found = arrange_panels(shape, rows)
    assert found.regions.keys() >= {"curves", "images", "status", "log"}
    assert found.rows.keys() >= {"state", "bar", "aside", "step", "epoch"}
    assert found.rows.get("trouble", 0) == rows["trouble"], "an alert is never shortened"
    assert found.regions["curves"].height - shape.border[0] >= 5, "there is room for the values at the cursor"


@given(sizes, row_lines)
def test_the_whole_screen_is_used_while_there_is_a_panel_to_use_it(size: Size, rows: dict[str, int]):
    shape = shape_of(size)
    if shape is None:
        return
    regions = arrange_panels(shape, rows).regions
    for column in shape.columns:
        assert sum(regions[panel].height for panel in column.panels if panel in regions) == shape.height


def test_only_terminals_that_are_really_too_small_are_refused():
    for smallest in (SMALLEST, SMALLEST_STACKED):
        assert shape_of(smallest)
        assert shape_of(Size(smallest.width - 1, smallest.height)) is None
        assert shape_of(Size(smallest.width, smallest.height - 1)) is None


@pytest.mark.parametrize(
    ("size", "columns"),
    [((40, 100), 1), ((60, 72), 1), ((80, 24), 2), ((100, 30), 2), ((160, 45), 2), ((220, 24), 3), ((300, 80), 2)],
)
def test_tall_terminals_have_one_column_and_wide_ones_three(size: tuple[int, int], columns: int):
    shape = shape_of(Size(*size))
    assert shape is not None
    assert len(shape.columns) == columns


def test_a_note_gives_way_to_an_alert_and_what_is_least_important_is_hidden_first():
    shape = shape_of(Size(80, 24))
    assert shape is not None
    calm = arrange_panels(shape, {**ROWS, "note": 4})
    assert calm.rows["note"] == 4
    assert "parameters" not in calm.rows
    alarmed = arrange_panels(shape, {**ROWS, "note": 4, "trouble": 5})
    assert alarmed.rows["trouble"] == 5
    assert alarmed.rows["note"] == 1
    assert "run" not in alarmed.rows
    assert arrange_panels(shape, ROWS).rows.keys() >= {"run", "data", "parameters"}
