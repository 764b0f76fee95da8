"""Golden pictures of the comparison of runs; see test_snapshots.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from compared_runs import variants
from textual.pilot import Pilot
from vae_tui.tui.app.compare_app import CompareApp
from vae_tui.tui.app.screen_options import ScreenOptions

pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Can not relate snapshot:UserWarning")

CURSOR = ("left", "shift+left", "shift+left", "shift+left", "3")

SCENES: dict[str, tuple[tuple[int, int], int, tuple[str, ...], ScreenOptions]] = {
    "compare_120x40": ((120, 40), 4, CURSOR, ScreenOptions()),
    "compare_80x24": ((80, 24), 3, (*CURSOR, "t"), ScreenOptions()),
    "compare_eight_120x40": ((120, 40), 8, ("o",), ScreenOptions()),
    "compare_ascii_120x40": ((120, 40), 4, CURSOR, ScreenOptions(ascii=True, colors=False)),
}
"""For each picture its size, its number of runs, the keys, and the options of the screen."""


@pytest.mark.parametrize("name", SCENES)
def test_comparison_is_as_it_was_accepted(name: str, snap_compare: Callable[..., bool], tmp_path: Path):
    size, number, keys, options = SCENES[name]

    async def play(pilot: Pilot[object]) -> None:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    app = CompareApp(variants(tmp_path, number), options)
    assert snap_compare(app, terminal_size=size, run_before=play)
