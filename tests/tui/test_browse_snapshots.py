"""Golden pictures of the browser of runs; see test_snapshots.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsed import NOW, read_library, write_runs
from textual.pilot import Pilot
from vae_tui.tui.app.browse_app import BrowseApp
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.widgets import run_table

pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Can not relate snapshot:UserWarning")

MARKED = ("space", "down", "space")

SCENES: dict[str, tuple[tuple[int, int], tuple[str, ...], ScreenOptions]] = {
    "browse_120x40": ((120, 40), MARKED, ScreenOptions()),
    "browse_filter_80x24": ((80, 24), (*MARKED, "slash", *"data:mnist loss<102 los<"), ScreenOptions()),
    "browse_60x18": ((60, 18), ("s", "s", "s", "s", "s", "D"), ScreenOptions()),
    "browse_ascii_80x24": ((80, 24), MARKED, ScreenOptions(ascii=True, colors=False)),
}
"""For each picture its size, the keys, and the options of the screen."""


@pytest.mark.parametrize("name", SCENES)
def test_browser_is_as_it_was_accepted(
    name: str, snap_compare: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, keys, options = SCENES[name]
    write_runs(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_table, "time", SimpleNamespace(time=lambda: NOW))

    async def play(pilot: Pilot[object]) -> None:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    assert snap_compare(BrowseApp(read_library(Path("runs")), options), terminal_size=size, run_before=play)
