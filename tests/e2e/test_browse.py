"""A run that is opened from the browser of runs leads back to it."""

from pathlib import Path

import pytest
from browsed import RUNS, write_runs
from commands import VAE_TUI
from tmux import Terminal

pytestmark = pytest.mark.e2e


def test_replay_and_comparison_lead_back_to_the_browser(terminal: Terminal, tmp_path: Path) -> None:
    write_runs(tmp_path / "runs")
    terminal.type(f"{VAE_TUI} runs")
    terminal.wait_for(f"{len(RUNS)} runs")
    terminal.press("Down", "Enter")
    terminal.wait_for("status · replay")
    terminal.press("q")
    terminal.wait_for("▶  2023-11-22-mnist5k-1")
    terminal.press("Space", "Space", "c")
    terminal.wait_for("settings that differ")
    terminal.press("q")
    terminal.wait_for("2 marked")
    terminal.press("q")
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    terminal.type("echo left with $?")
    terminal.wait_for("left with 0")
