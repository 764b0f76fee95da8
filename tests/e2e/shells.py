"""Training from a shell in a real terminal, and what must be so when it is over."""

from __future__ import annotations

from pathlib import Path

from commands import TRAIN, VAE_TUI
from processes import parent_of, processes_of, trainer_of
from pseudoterminal import wait_for
from runlog import last_step, records
from tmux import Terminal
from vae_tui.core.run.rundir import is_locked, last_checkpoint

LONG = (*TRAIN, "--train.steps", "1000000")


def start(terminal: Terminal, run: Path, *arguments: str) -> None:
    """Start training from a shell, and wait until it trains and is shown."""
    terminal.type(" ".join((VAE_TUI, *LONG, "--run.dir", str(run), *arguments)) + "; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.wait_for("training")


def resume(terminal: Terminal, run: Path) -> None:
    """Resume training from a shell, and wait until it trains and is shown."""
    step = last_step(run)
    terminal.type(f"clear; {VAE_TUI} train --resume {run}; echo resumed $?")
    terminal.wait_for(lambda: last_step(run) > step)
    terminal.wait_for("training")


def parent_and_trainer(run: Path) -> tuple[int, int]:
    """The process that the shell has started, and its child that trains and shows the run: there are no others."""
    trainer = trainer_of(run)
    parent = parent_of(trainer)
    assert sorted(processes_of(run)) == sorted((parent, trainer))
    return parent, trainer


def assert_restored(terminal: Terminal) -> None:
    """The terminal is a shell's again."""
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    assert terminal.variable("cursor_flag") == "1"
    assert terminal.variable("mouse_any_flag") == "0"
    terminal.type("echo $((6 * 7)); stty -a")
    terminal.wait_for("42")
    terminal.wait_for(" icanon ")
    terminal.wait_for(" echoe ")


def wait_for_shell(terminal: Terminal, number: int) -> None:
    """Wait until the screen has been left, and the shell answers: what it said before is lost with the screen."""
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    terminal.type(f"echo shell $((6 * 7)) {number}")
    terminal.wait_for(f"shell 42 {number}")


def assert_stopped_properly(run: Path) -> None:
    wait_for(lambda: not is_locked(run))
    wait_for(lambda: processes_of(run) == [])
    assert records(run)[-1]["type"] == "ended"
    assert last_checkpoint(run) == run / "checkpoints" / str(last_step(run))
    assert not (run / "socket").exists()
