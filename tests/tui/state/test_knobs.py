"""The ladder that the knobs' keys climb."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.state.knobs import LADDER, factor, is_set_to, turned_factor


@given(st.lists(st.sampled_from([-1, 1]), max_size=30))
def test_as_many_presses_down_as_up_lead_back_to_exactly_one(presses: list[int]):
    scale, there = 1.0, []
    for direction in presses:
        following = turned_factor(scale, direction)
        if following is not None:
            there.append(direction)
            scale = following
    for direction in reversed(there):
        scale = turned_factor(scale, -direction)
        assert scale is not None
    assert scale == 1.0


def test_three_presses_halve_or_double():
    for direction, wanted in ((-1, 0.5), (1, 2.0)):
        scale = 1.0
        for _ in range(3):
            scale = turned_factor(scale, direction)
            assert scale is not None
        assert scale == wanted


def test_each_press_is_a_step_of_about_a_quarter():
    ratios = np.diff(np.log(LADDER))
    assert (ratios > np.log(1.24)).all()
    assert (ratios < np.log(1.3)).all()


@given(st.floats(0, 100), st.sampled_from([-1, 1]))
def test_from_anywhere_a_press_leads_to_the_ladder_or_stays(scale: float, direction: int):
    following = turned_factor(scale, direction)
    if following is None:
        assert scale >= LADDER[-1] * (1 - 1e-6) if direction > 0 else scale <= LADDER[0] * (1 + 1e-6)
    else:
        assert following in LADDER
        assert (following - scale) * direction > 0


@pytest.mark.parametrize("scale", LADDER)
def test_a_factor_that_comes_back_as_float32_is_the_same(scale: float):
    back = float(np.float32(scale))
    assert is_set_to(back, scale)
    assert turned_factor(back, 1) == turned_factor(scale, 1)
    assert turned_factor(back, -1) == turned_factor(scale, -1)
    assert factor(back) == factor(scale) == f"x{scale:g}"


def test_nothing_asked_for_is_always_so():
    assert is_set_to(0.3, None)
    assert not is_set_to(0.5, 0.64)
