"""A run that is opened from the browser of runs leads back to it, unless a signal ends the command."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsed import RUNS, write_runs
from commands import VAE_TUI
from pseudoterminal import PseudoTerminal
from runlog import last_step
from shells import LONG, assert_stopped_properly
from tmux import Terminal
from vae_tui.core.run.rundir import is_locked
from vae_tui.tui.process.exit_codes import INTERRUPTED

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


def browse(folder: Path) -> PseudoTerminal:
    """Browse the runs of a folder."""
    return PseudoTerminal(VAE_TUI, "runs", "--base", str(folder), cwd=folder.parent)


def train_in_background(run: Path) -> Path:
    """Train a run in a folder of runs. Return its directory, below that of the fixture, which ends what is left."""
    trained = run / "runs" / "one"
    subprocess.run([VAE_TUI, *LONG, "--detach", "--run.dir", str(trained)], check=True, stdout=subprocess.DEVNULL)
    return trained


@contextlib.contextmanager
def stopped_and_resumed(trained: Path) -> Iterator[PseudoTerminal]:
    """Stop a run, and resume it from the browser."""
    subprocess.run([VAE_TUI, "stop", str(trained)], check=True, stdout=subprocess.DEVNULL)
    stopped_at = last_step(trained)
    with browse(trained.parent) as terminal:
        terminal.wait_for("1 run ·")
        terminal.type("r")
        terminal.wait_for(lambda: last_step(trained) > stopped_at)
        yield terminal


def assert_ended_by_signal(terminal: PseudoTerminal) -> None:
    """Check that SIGTERM ends the command, and that the terminal is as it was."""
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == INTERRUPTED
    assert terminal.modes == terminal.modes_before


@pytest.mark.parametrize(("keys", "shown"), [("\r", "status · replay"), ("  c", "settings that differ")])
def test_a_signal_ends_what_the_browser_has_opened_and_the_browser(tmp_path: Path, keys: str, shown: str) -> None:
    with browse(write_runs(tmp_path / "runs")) as terminal:
        terminal.wait_for(f"{len(RUNS)} runs")
        for key in keys:
            terminal.type(key)
        terminal.wait_for(shown)
        assert_ended_by_signal(terminal)


def test_a_signal_ends_an_attached_and_a_resumed_run_and_the_browser(run: Path) -> None:
    trained = train_in_background(run)
    with browse(trained.parent) as terminal:
        terminal.wait_for("1 run ·")
        terminal.type("\r")
        terminal.wait_for("status · attached")
        assert_ended_by_signal(terminal)
    assert is_locked(trained)
    with stopped_and_resumed(trained) as terminal:
        assert_ended_by_signal(terminal)
        assert_stopped_properly(trained)


def test_a_run_that_is_resumed_from_the_browser_ends_with_its_terminal_if_the_settings_say_so(run: Path) -> None:
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "vae-tui" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('on_hangup = "stop"\n')
    trained = train_in_background(run)
    with stopped_and_resumed(trained) as terminal:
        terminal.cut()
        assert_stopped_properly(trained)
