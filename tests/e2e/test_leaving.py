"""The ways in which a screen, a terminal or a process can go away, and what is left then: real runs, real shells."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import end_processes_of, host_of, processes_of
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from runlog import metrics, records
from tmux import Terminal
from vae_tui.core.rundir import is_locked, last_checkpoint
from vae_tui.tui.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

VAE_TUI = str(Path(sys.executable).parent / "vae-tui")
TRAIN = (VAE_TUI, "train", "--data.name", "mnist5k", "--model.hidden", "16", "--model.latents", "4",
         "--train.batch-size", "64", "--train.steps", "1000000")  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A run's directory, not made yet; whatever is at work there in the end is ended."""
    run = tmp_path / "run"
    try:
        yield run
    finally:
        end_processes_of(run)


def last_step(run: Path) -> int:
    return max(metrics(run), default=0)


def states(run: Path) -> list[str]:
    return [record["state"] for record in records(run) if record["type"] == "state_changed"]


def start(terminal: Terminal, run: Path, *arguments: str) -> None:
    """Start training from a shell, and wait until it trains and is shown."""
    terminal.type(" ".join((*TRAIN, "--run.dir", str(run), *arguments)) + "; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.wait_for("training")


def trained_on(run: Path) -> bool:
    """Whether the training goes on; waits until it does."""
    step = last_step(run)
    wait_for(lambda: last_step(run) > step)
    return True


def parent_and_screen(run: Path) -> tuple[int, int]:
    """The process that the shell has started, and its child that shows the screen."""
    parent, screen = sorted(set(processes_of(run)) - {host_of(run)})
    return parent, screen


def assert_restored(terminal: Terminal) -> None:
    """The terminal is a shell's again."""
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    assert terminal.variable("cursor_flag") == "1"
    assert terminal.variable("mouse_any_flag") == "0"
    terminal.type("echo $((6 * 7)); stty -a")
    terminal.wait_for("42")
    terminal.wait_for(" icanon ")
    terminal.wait_for(" echoe ")


def assert_stopped_properly(run: Path) -> None:
    wait_for(lambda: not is_locked(run))
    wait_for(lambda: processes_of(run) == [])
    assert list(records(run))[-1]["type"] == "ended"
    assert last_checkpoint(run) == run / "checkpoints" / str(last_step(run))
    assert not (run / "socket").exists()


def test_a_detached_run_goes_on_and_can_be_attached_to_and_stopped(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    terminal.press("d")
    terminal.wait_for("goes on in the background")
    terminal.wait_for("code 0")
    assert_restored(terminal)
    assert trained_on(run)
    terminal.type(f"clear; {VAE_TUI} attach {run}; echo attached $?")
    terminal.wait_for("training")
    terminal.press("Space")
    terminal.wait_for(lambda: states(run)[-1] == "paused")
    terminal.press("d")
    terminal.wait_for("is paused in the background")
    terminal.wait_for("attached 0")
    terminal.type(f"clear; {VAE_TUI} attach {run}; echo attached again $?")
    terminal.wait_for("● paused")
    terminal.press("Space")
    terminal.wait_for(lambda: states(run)[-1] == "training")
    terminal.press("d")
    terminal.wait_for("attached again 0")
    assert trained_on(run)
    terminal.type(f"clear; {VAE_TUI} stop {run}; echo stopped $?")
    terminal.wait_for("stopped 0")
    assert_stopped_properly(run)


def test_a_run_that_was_stopped_can_be_resumed_by_the_next_command(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    terminal.type(f"{' '.join(TRAIN)} --run.dir runs/one && {VAE_TUI} train --resume latest; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.press("q")
    terminal.wait_for(lambda: last_checkpoint(run))
    stopped_at = int(last_checkpoint(run).name)  # pyright: ignore[reportOptionalMemberAccess]
    terminal.wait_for(lambda: last_step(run) > stopped_at)
    terminal.press("q")
    terminal.wait_for("code 0")
    assert not is_locked(run)


def test_a_run_in_the_background_from_the_start(terminal: Terminal, run: Path) -> None:
    terminal.type(" ".join((*TRAIN, "--detach", "--run.dir", str(run))) + "; echo code $?")
    terminal.wait_for(f"attach      vae-tui attach {run}")
    terminal.wait_for("code 0")
    terminal.close()  # the shell and its terminal
    assert trained_on(run)
    os.kill(host_of(run) or 0, signal.SIGTERM)
    assert_stopped_properly(run)


@pytest.mark.parametrize(
    ("who", "number"),
    [
        (["parent"], signal.SIGTERM),
        (["screen"], signal.SIGINT),
        (["host"], signal.SIGTERM),
        (["parent", "screen", "host"], signal.SIGTERM),  # as a service manager does
    ],
)
def test_one_signal_ends_everything_with_a_checkpoint(
    terminal: Terminal, run: Path, who: list[str], number: signal.Signals
) -> None:
    start(terminal, run)
    parent, screen = parent_and_screen(run)
    for name in who:
        os.kill({"parent": parent, "screen": screen, "host": host_of(run) or 0}[name], number)
    terminal.wait_for("code 0")
    terminal.wait_for("--resume")
    assert_stopped_properly(run)
    assert_restored(terminal)


def test_ctrl_z_gives_the_shell_back_and_the_run_waits(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    terminal.wait_for(lambda: states(run)[-1] == "paused")
    paused_at = last_step(run)
    assert_restored(terminal)
    assert last_step(run) == paused_at
    terminal.type("clear; fg")
    terminal.wait_for(lambda: last_step(run) > paused_at)
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "1")
    parent, _ = parent_and_screen(run)
    os.kill(parent, signal.SIGTSTP)
    terminal.wait_for("Stopped")
    terminal.wait_for(lambda: states(run)[-1] == "paused")
    terminal.type("kill %1; fg; echo ended")
    terminal.wait_for("ended")
    assert_stopped_properly(run)


def test_processes_that_are_killed_leave_the_terminal_and_the_run_in_order(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    os.kill(parent_and_screen(run)[1], signal.SIGKILL)
    terminal.wait_for("the screen was ended by SIGKILL")
    terminal.wait_for("goes on in the background")
    terminal.wait_for("code 1")
    assert_restored(terminal)
    assert trained_on(run)

    terminal.type(f"clear; {VAE_TUI} attach {run}; echo attached $?")
    terminal.wait_for("status · attached")
    parent, screen = parent_and_screen(run)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not is_alive(screen))
    terminal.type("echo code again: $((6 * 7))")  # the shell may have spoken before the screen was left
    terminal.wait_for("code again: 42")
    assert_restored(terminal)
    assert trained_on(run)
    os.kill(host_of(run) or 0, signal.SIGTERM)
    assert_stopped_properly(run)

    step = last_step(run)
    terminal.type(f"clear; {VAE_TUI} train --resume {run}; echo resumed $?")
    terminal.wait_for(lambda: last_step(run) > step)
    terminal.wait_for("training")
    os.kill(host_of(run) or 0, signal.SIGKILL)
    terminal.wait_for("training failed")
    terminal.press("q")
    terminal.wait_for("the trainer was ended by SIGKILL")
    terminal.wait_for("--resume")
    terminal.wait_for("resumed 1")
    assert_restored(terminal)
    assert processes_of(run) == []


def test_a_suspended_screen_whose_parent_is_killed_lets_the_run_go_on(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    parent, screen = parent_and_screen(run)
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    terminal.wait_for(lambda: states(run)[-1] == "paused")
    terminal.type("kill -9 %1")
    terminal.wait_for(lambda: not is_alive(parent) and not is_alive(screen))
    assert trained_on(run)
    assert_restored(terminal)


def test_a_screen_that_cannot_be_shown_says_that_the_training_goes_on(terminal: Terminal, run: Path) -> None:
    short = (*TRAIN[:-1], "30", "--headless", "--run.dir", str(run))
    terminal.type(f"{' '.join(short)} > out && mkdir {run / 'view.log'}; echo code $?")
    terminal.wait_for("code 0")
    terminal.type(f"clear; {VAE_TUI} train --resume {run} --train.steps 1000000; echo resumed $?")
    terminal.wait_for(f"cannot write {run / 'view.log'}")
    terminal.wait_for("goes on in the background")
    terminal.wait_for("resumed 1")
    assert trained_on(run)


STARTING = """
import os, signal, sys
from vae_tui.tui import launch
from vae_tui.tui.cli import main

start, number = launch._start, getattr(signal, sys.argv.pop())

def interrupted(*arguments, **options):
    started = start(*arguments, **options)
    os.kill(os.getpid(), number)
    return started

launch._start = interrupted
main()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_before_there_is_a_screen_ends_the_host(run: Path, name: str) -> None:
    terminal = PseudoTerminal(sys.executable, "-c", STARTING, *TRAIN[1:], "--run.dir", str(run), name, cwd=run.parent)
    assert terminal.wait() == 0
    assert processes_of(run) == []
    assert list(records(run))[-1]["type"] == "ended"
    terminal.close()


@pytest.mark.parametrize("on_hangup", ["continue", "stop"])
def test_a_closed_window_is_a_hang_up(terminal: Terminal, run: Path, on_hangup: str) -> None:
    start(terminal, run, "--on-hangup", on_hangup)
    parent, screen = parent_and_screen(run)
    terminal.close()
    wait_for(lambda: not is_alive(screen))
    if on_hangup == "continue":
        assert trained_on(run)
        assert is_alive(parent), "who waits for the training sees it live"
        os.kill(parent, signal.SIGTERM)
    assert_stopped_properly(run)


def test_a_terminal_that_takes_nothing_holds_nothing_up(run: Path) -> None:
    terminal = PseudoTerminal(*TRAIN, "--run.dir", str(run), cwd=run.parent)
    terminal.wait_for("training")
    step = last_step(run)
    wait_for(lambda: last_step(run) > step + 1000)  # nobody reads meanwhile
    terminal.process.send_signal(signal.SIGTERM)
    wait_for(lambda: terminal.process.poll() is not None)
    assert_stopped_properly(run)
    assert terminal.wait() == 0
    assert "--resume" in terminal.shown.rpartition(LEAVE_SCREEN)[2].decode()
    assert terminal.modes == terminal.modes_before
    terminal.close()
