"""What the terminal's clipboard gets: selected text, and the run's paths and commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import checkpointed, hidden, opening, running, training
from vae_tui.core.protocol.commands import Pause
from vae_tui.core.protocol.events import RunState, StateChanged
from vae_tui.tui.screens.copy_screen import CopyScreen
from vae_tui.tui.widgets.log_panel import LogPanel

RUN = (*opening(), *training(105), checkpointed(105))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("d", "{run}"),
        ("enter", "{run}"),
        ("a", "vae-tui attach '{run}'"),
        ("r", "vae-tui train --resume '{run}'"),
        ("c", "{run}/checkpoints/105"),
    ],
)
async def test_paths_and_commands_are_copied_by_a_key(key: str, text: str, tmp_path: Path):
    run = tmp_path / "my run"
    (run / "checkpoints" / "105").mkdir(parents=True)
    async with hidden(*RUN, run_path=run) as (pilot, app, session):
        await pilot.press("y", key)
        await pilot.pause()
        assert app.clipboard == text.format(run=run)
        assert [each.message for each in app._notifications][-1] == app.clipboard
        assert session.commands == []


async def test_without_a_checkpoint_there_is_less_to_copy_and_after_the_end_nothing_to_attach_to(tmp_path: Path):
    over = StateChanged(step=0, state=RunState.FINISHED)
    async with hidden(*opening(), over, run_path=tmp_path) as (pilot, app, _):
        await pilot.press("y", "r", "c", "a")
        assert isinstance(app.screen, CopyScreen)
        assert app.clipboard == ""
        await pilot.press("p")
        assert app.clipboard == f"vae-tui replay {tmp_path}"


@pytest.mark.parametrize("key", ["y", "ctrl+c"])
async def test_text_of_the_log_is_selected_with_the_mouse_and_copied(key: str):
    async with running(*RUN) as (pilot, app, session):
        log = app.monitor.query_one(LogPanel)
        await pilot.mouse_down(log, offset=(2, 1))
        await pilot.hover(log, offset=(20, 2))
        await pilot.mouse_up(log, offset=(20, 2))
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert app.clipboard in "\n".join(row.lead + row.text for row in log.rows)
        assert len(app.clipboard.splitlines()) == 2
        assert not app.screen.get_selected_text()
        await pilot.press("space")
        assert session.commands == [Pause()], "no dialog is open"
