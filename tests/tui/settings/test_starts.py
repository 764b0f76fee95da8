"""What is told while a run starts."""

from __future__ import annotations

import pytest
from vae_tui.core.config import Config, DataConfig
from vae_tui.tui.settings.starts import KINDS, TIPS, Starts


def test_the_time_of_the_last_start_of_this_kind_is_told_and_another_tip() -> None:
    first = Starts()
    assert first.guide(Config()) == (f"Tip: {TIPS[0]}",)
    second = first.after(Config(), 24.6).after(Config(data=DataConfig(name="mnist")), 300)
    assert second.guide(Config()) == ("Last time, the first step came after 25 s.", f"Tip: {TIPS[2]}")
    assert "5 min" in second.guide(Config(data=DataConfig(name="mnist")))[0]
    assert Starts.recalled(vars(second)) == second


@pytest.mark.parametrize("damaged", [None, 3, {"count": "x"}, {"other": 1}])
def test_nothing_is_told_of_what_is_damaged(damaged: object) -> None:
    assert Starts.recalled(damaged) == Starts()


def test_the_kinds_that_are_remembered_are_limited() -> None:
    starts = Starts()
    for size in range(2 * KINDS):
        starts = starts.after(Config(data=DataConfig(name=f"set{size}")), 1)
    assert (len(starts.seconds), starts.count) == (KINDS, 2 * KINDS)
