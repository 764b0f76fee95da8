"""The ways in which a screen, a terminal or a process can go away, and what is left then: real runs, real shells."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from commands import VAE_TUI, patched
from processes import parent_of, processes_of, trainer_of
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from runlog import last_step, records, states, wait_for_steps
from shells import (
    LONG,
    assert_restored,
    assert_stopped_properly,
    parent_and_trainer,
    resume,
    start,
    wait_for_shell,
)
from tmux import Terminal
from vae_tui.core.run.rundir import is_locked, last_checkpoint
from vae_tui.tui.driver.driver import POLL_SECONDS
from vae_tui.tui.process.exit_codes import INTERRUPTED
from vae_tui.tui.process.signals import TOGETHER_SECONDS
from vae_tui.tui.process.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.e2e


def parent_and_screen(run: Path) -> tuple[int, int]:
    """The process that the shell has started to attach to a run, and its child that shows the run."""
    found = processes_of(run, "attach")
    (screen,) = (pid for pid in found if parent_of(pid) in found)
    return parent_of(screen), screen


def test_a_detached_run_goes_on_and_can_be_attached_to_and_stopped(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    terminal.press("d")
    terminal.wait_for(f"goes on in the background (process {trainer})")
    terminal.wait_for("code 0")
    assert not is_alive(parent)
    assert_restored(terminal)
    wait_for_steps(run)
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
    wait_for_steps(run)
    assert trainer_of(run) == trainer
    terminal.type(f"clear; {VAE_TUI} stop {run}; echo stopped $?")
    terminal.wait_for("stopped 0")
    assert_stopped_properly(run)


def assert_goes_on(run: Path) -> None:
    """Training goes on, long after whatever still looks for the terminal has found that it is gone."""
    later = time.time() + 4 * POLL_SECONDS
    wait_for(lambda: records(run, "ended") or any(last["time"] > later for last in records(run, "metrics")[-1:]))
    assert records(run, "ended") == []


def test_a_detached_run_has_no_terminal_to_lose(terminal: Terminal, run: Path) -> None:
    start(terminal, run, "--on-hangup", "stop")
    trainer = trainer_of(run)
    terminal.press("d")
    terminal.wait_for("code 0")
    assert_goes_on(run)
    terminal.close()
    os.kill(trainer, signal.SIGHUP)
    assert_goes_on(run)
    os.kill(trainer, signal.SIGTERM)
    assert_stopped_properly(run)


def test_a_run_that_was_stopped_can_be_resumed_by_the_next_command(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    terminal.type(f"{VAE_TUI} {' '.join(LONG)} --run.dir runs/one && {VAE_TUI} train --resume latest; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.press("q", "y")
    terminal.wait_for(lambda: last_checkpoint(run))
    stopped_at = int(last_checkpoint(run).name)  # pyright: ignore[reportOptionalMemberAccess]
    terminal.wait_for(lambda: last_step(run) > stopped_at)
    terminal.press("q", "y")
    terminal.wait_for("code 0")
    assert not is_locked(run)


def test_a_run_in_the_background_from_the_start(terminal: Terminal, run: Path) -> None:
    terminal.type(" ".join((VAE_TUI, *LONG, "--detach", "--run.dir", str(run))) + "; echo code $?")
    terminal.wait_for(f"attach      vae-tui attach {run}")
    terminal.wait_for("code 0")
    assert processes_of(run) == [trainer_of(run)]
    terminal.close()  # the shell and its terminal
    wait_for_steps(run)
    os.kill(trainer_of(run), signal.SIGTERM)
    assert_stopped_properly(run)


@pytest.mark.parametrize(
    ("to_parent", "to_trainer", "number"),
    [
        (True, False, signal.SIGTERM),
        pytest.param(True, False, signal.SIGINT, marks=pytest.mark.soak),
        pytest.param(False, True, signal.SIGTERM, marks=pytest.mark.soak),
        (False, True, signal.SIGINT),
        (True, True, signal.SIGTERM),  # as a service manager does
    ],
)
def test_one_signal_ends_everything_with_a_checkpoint(
    terminal: Terminal, run: Path, to_parent: bool, to_trainer: bool, number: signal.Signals
) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    for pid, is_told in ((parent, to_parent), (trainer, to_trainer)):
        if is_told:
            os.kill(pid, number)
    terminal.wait_for("code 0")
    terminal.wait_for("--resume")
    assert_stopped_properly(run)
    assert_restored(terminal)


@pytest.mark.soak
def test_processes_that_are_killed_leave_the_terminal_and_the_run_in_order(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    os.kill(parent, signal.SIGKILL)
    wait_for_shell(terminal, 1)
    assert_restored(terminal)
    wait_for_steps(run)
    assert processes_of(run) == [trainer]

    terminal.type(f"clear; {VAE_TUI} attach {run}; echo attached $?")
    terminal.wait_for("status · attached")
    parent, screen = parent_and_screen(run)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not is_alive(screen))
    wait_for_shell(terminal, 2)
    assert_restored(terminal)
    wait_for_steps(run)
    os.kill(trainer, signal.SIGTERM)
    assert_stopped_properly(run)

    resume(terminal, run)
    os.kill(trainer_of(run), signal.SIGKILL)
    terminal.wait_for("the training process was ended by SIGKILL")
    terminal.wait_for(f"vae-tui train --resume {run}")
    terminal.wait_for("resumed 1")
    assert_restored(terminal)
    assert processes_of(run) == []
    assert not is_locked(run)

    resume(terminal, run)
    terminal.press("q", "y")
    terminal.wait_for("resumed 0")
    assert_stopped_properly(run)


SLOW = """
import time
from vae_tui.core.protocol.events import CheckpointStarted
from vae_tui.core.run.event_log import RunLog

record = RunLog.record

def slowly(log, event):
    if isinstance(event, CheckpointStarted):
        time.sleep(8)
    record(log, event)

RunLog.record = slowly
"""


def test_a_final_checkpoint_that_takes_long_is_waited_for(run: Path) -> None:
    """A signal to the parent is another matter: it promises an end within five seconds."""
    with PseudoTerminal(*patched(SLOW, *LONG, "--run.dir", str(run)), cwd=run.parent) as terminal:
        terminal.wait_for(lambda: last_step(run) > 0)
        os.kill(parent_and_trainer(run)[1], signal.SIGTERM)
        assert terminal.wait() == 0
        assert_stopped_properly(run)


@pytest.mark.parametrize("to_parent", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_a_second_signal_ends_everything_at_once(run: Path, to_parent: bool) -> None:
    with PseudoTerminal(*patched(SLOW, *LONG, "--run.dir", str(run)), cwd=run.parent) as terminal:
        terminal.wait_for(lambda: last_step(run) > 0)
        parent, trainer = parent_and_trainer(run)
        for _ in range(2):
            os.kill(parent if to_parent else trainer, signal.SIGTERM)
            time.sleep(2 * TOGETHER_SECONDS)  # what comes sooner counts as the same signal
        assert terminal.wait() == INTERRUPTED
        assert terminal.modes == terminal.modes_before
        assert LEAVE_SCREEN in terminal.shown
    assert records(run)[-1]["type"] != "ended"
    assert processes_of(run) == []
    assert not is_locked(run)


UNSHOWABLE = """
from vae_tui.tui.app.app import VaeTuiApp

def fail(app):
    raise RuntimeError("the test says so")

VaeTuiApp.on_mount = fail
"""


def test_a_screen_that_cannot_be_shown_says_that_the_training_goes_on(run: Path) -> None:
    command = patched(UNSHOWABLE, *LONG, "--run.dir", str(run), "--on-hangup", "stop")
    with PseudoTerminal(*command, cwd=run.parent) as terminal:
        assert terminal.wait() == 1
        said = terminal.shown.rpartition(LEAVE_SCREEN)[2].decode()
        assert said.startswith("vae-tui: the screen has failed")
        assert f"details are in {run / 'train.log'}" in said
        assert "goes on in the background" in said
        assert f"vae-tui attach {run}" in said
        assert terminal.modes == terminal.modes_before
    assert_goes_on(run)
    assert "RuntimeError: the test says so" in (run / "train.log").read_text()
    os.kill(trainer_of(run), signal.SIGTERM)
    assert_stopped_properly(run)


STARTING = """
import os, signal, sys
from vae_tui.tui.process import child

begin, number = child.Child.__init__, getattr(signal, sys.argv.pop())

def interrupted(self, *arguments):
    begin(self, *arguments)
    os.kill(os.getpid(), number)

child.Child.__init__ = interrupted
"""


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGINT", marks=pytest.mark.soak)])
def test_a_signal_before_there_is_a_screen_ends_the_training(run: Path, name: str) -> None:
    with PseudoTerminal(*patched(STARTING, *LONG, "--run.dir", str(run), name), cwd=run.parent) as terminal:
        assert terminal.wait() == 0
        assert terminal.modes == terminal.modes_before
    assert processes_of(run) == []
    assert records(run)[-1]["type"] == "ended"


@pytest.mark.parametrize("on_hangup", ["continue", "stop"])
def test_a_closed_window_is_a_hang_up(terminal: Terminal, run: Path, on_hangup: str) -> None:
    start(terminal, run, "--on-hangup", on_hangup)
    parent, _ = parent_and_trainer(run)
    terminal.close()
    if on_hangup == "continue":
        wait_for_steps(run)
        assert is_alive(parent), "who waits for the training sees it live"
        os.kill(parent, signal.SIGTERM)
    assert_stopped_properly(run)


@pytest.mark.parametrize("to_parent", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_the_signal_of_a_hang_up_ends_the_screen_alone(terminal: Terminal, run: Path, to_parent: bool) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    os.kill(parent if to_parent else trainer, signal.SIGHUP)
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    wait_for_steps(run)
    assert parent_and_trainer(run) == (parent, trainer)
    terminal.press("C-c")  # which ends what the shell still waits for
    terminal.wait_for("code 0")
    assert_stopped_properly(run)
    assert_restored(terminal)


def test_a_terminal_that_takes_nothing_holds_nothing_up(run: Path) -> None:
    with PseudoTerminal(VAE_TUI, *LONG, "--run.dir", str(run), cwd=run.parent) as terminal:
        terminal.wait_for("training")
        step = last_step(run)
        wait_for(lambda: last_step(run) > step + 1000)  # nobody reads meanwhile
        terminal.process.send_signal(signal.SIGTERM)
        wait_for(lambda: terminal.process.poll() is not None)
        assert_stopped_properly(run)
        assert terminal.wait() == 0
        assert "--resume" in terminal.shown.rpartition(LEAVE_SCREEN)[2].decode()
        assert terminal.modes == terminal.modes_before
