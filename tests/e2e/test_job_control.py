"""ctrl+z, `bg`, `fg` and `kill` on a run that is trained on the screen, in a real shell."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
from pathlib import Path

import pytest
from commands import VAE_TUI, patched
from processes import parent_of, trainer_of
from pseudoterminal import PseudoTerminal, is_alive, state_of, wait_for
from runlog import last_step, states, wait_for_steps
from shells import LONG, assert_restored, assert_stopped_properly, parent_and_trainer, resume, start
from tmux import Terminal

pytestmark = pytest.mark.e2e

ROUNDS = 5


def suspend(terminal: Terminal, run: Path, way: str = "key") -> int:
    """Suspend a run and wait until the shell is back. Return the last step that was taken."""
    parent, trainer = parent_and_trainer(run)
    match way:
        case "key":
            terminal.press("C-z")
        case "parent":
            os.kill(parent, signal.SIGTSTP)
        case "trainer":
            os.kill(trainer, signal.SIGTSTP)
        case _:
            os.kill(trainer, signal.SIGSTOP)
    terminal.wait_for("Stopped")
    terminal.wait_for(lambda: state_of(trainer) == "T")
    terminal.wait_for(lambda: state_of(parent) == "T")
    return last_step(run)


def wait_for_screen(terminal: Terminal, step: int) -> None:
    """Wait until the screen shows a later step than this one."""
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "1")
    terminal.wait_for("● training")
    terminal.wait_for(lambda: step_shown(terminal) > step)


def step_shown(terminal: Terminal) -> int:
    shown = re.search(r"step +([\d,]+) of ", terminal.screen())
    return int(shown[1].replace(",", "")) if shown else 0


def detach(terminal: Terminal, run: Path) -> None:
    """Leave the screen for good; `terminal` must show `left 0` then."""
    terminal.press("d")
    terminal.wait_for("left 0")
    assert_restored(terminal)
    wait_for_steps(run)


@pytest.mark.parametrize("way", ["key", pytest.param("parent", marks=pytest.mark.soak), "trainer"])
def test_a_suspended_run_stands_still_and_goes_on_in_the_foreground(terminal: Terminal, run: Path, way: str) -> None:
    start(terminal, run)
    step = suspend(terminal, run, way)
    logged = (run / "events.jsonl").read_bytes()
    assert_restored(terminal)
    assert (run / "events.jsonl").read_bytes() == logged
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, step)
    detach(terminal, run)


def test_a_run_that_is_stopped_unasked_is_shown_again_whole(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    step = suspend(terminal, run, "unasked")
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, step)
    terminal.wait_for("status")
    detach(terminal, run)


@pytest.mark.parametrize("way", ["key", pytest.param("unasked", marks=pytest.mark.soak)])
def test_a_run_trains_on_in_the_background_without_its_screen(terminal: Terminal, run: Path, way: str) -> None:
    start(terminal, run)
    step = suspend(terminal, run, way)
    terminal.resize(104, 34)
    terminal.type("bg")
    terminal.wait_for(lambda: last_step(run) > step)
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")  # unasked, it leaves the screen only now
    terminal.type("clear; jobs; echo shell $((6 * 7))")
    terminal.wait_for("shell 42")
    shown = terminal.screen()
    assert "Running" in shown
    for _ in range(ROUNDS):
        wait_for_steps(run)
    assert terminal.screen() == shown, "it does not draw where it is not shown"
    assert_restored(terminal)
    step = last_step(run)
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, step)
    assert len(terminal.screen().splitlines()[0].rstrip()) == 104
    detach(terminal, run)


PRINTING = """
import sys
from vae_tui.core.run.event_log import RunLog

record = RunLog.record

def printing(log, event):
    print("printed at step", event.step, flush=True)
    print("complained at step", event.step, file=sys.stderr, flush=True)
    record(log, event)

RunLog.record = printing
"""


def test_what_is_printed_in_the_background_goes_to_the_log(terminal: Terminal, run: Path) -> None:
    terminal.type("clear; " + shlex.join(patched(PRINTING, *LONG, "--run.dir", str(run))))
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.wait_for("● training")
    step = suspend(terminal, run)
    terminal.type("clear; bg")
    terminal.wait_for(lambda: last_step(run) > step)
    step = last_step(run)
    wait_for_steps(run)
    assert not re.search(r"at step \d", terminal.screen()), "the job's command has the words, too"
    log = (run / "train.log").read_text()
    assert f"printed at step {step}\n" in log
    assert f"complained at step {step}\n" in log


def test_a_run_can_be_suspended_again_and_again(terminal: Terminal, run: Path) -> None:
    start(terminal, run)
    for number in range(ROUNDS):
        way = ("unasked", "parent", "trainer", "key")[number % 4]
        step = suspend(terminal, run, way)
        if number % 2:
            terminal.type("bg")
            terminal.wait_for(lambda step=step: last_step(run) > step)
            step = last_step(run)
        terminal.type(f"clear; fg; echo left $? {number}")
        wait_for_screen(terminal, step)
        terminal.wait_for("status")
    terminal.press("Space")  # it still hears its keys
    terminal.wait_for(lambda: states(run)[-1] == "paused")
    terminal.press("Space")
    terminal.wait_for(lambda: states(run)[-1] == "training")
    terminal.press("q", "y")
    terminal.wait_for(f"left 0 {ROUNDS - 1}")
    assert_stopped_properly(run)
    assert_restored(terminal)


def test_a_run_is_suspended_while_it_compiles(terminal: Terminal, run: Path) -> None:
    terminal.type(" ".join((VAE_TUI, *LONG, "--run.dir", str(run))))
    terminal.wait_for("compiling")
    assert suspend(terminal, run) == 0
    assert_restored(terminal)
    assert last_step(run) == 0
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, 0)
    detach(terminal, run)


@pytest.mark.parametrize("is_told", [pytest.param("parent", marks=pytest.mark.soak), "trainer"])
def test_a_job_in_the_background_is_ended_by_a_signal(terminal: Terminal, run: Path, is_told: str) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    step = suspend(terminal, run)
    terminal.type("bg")
    terminal.wait_for(lambda: last_step(run) > step)
    terminal.type("clear")
    os.kill(parent if is_told == "parent" else trainer, signal.SIGTERM)
    assert_stopped_properly(run)
    terminal.wait_for("--resume")
    assert_restored(terminal)


@pytest.mark.parametrize("is_told", ["parent", pytest.param("trainer", marks=pytest.mark.soak)])
def test_the_signal_of_a_hang_up_in_the_background_ends_the_screen_alone(
    terminal: Terminal, run: Path, is_told: str
) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    step = suspend(terminal, run)
    terminal.type("bg")
    terminal.wait_for(lambda: last_step(run) > step)
    os.kill(parent if is_told == "parent" else trainer, signal.SIGHUP)
    with PseudoTerminal(VAE_TUI, "attach", str(run), cwd=run.parent) as viewer:
        viewer.wait_for("learning rate")
        viewer.type("d")
        assert viewer.wait() == 0
    wait_for_steps(run)
    assert parent_and_trainer(run) == (parent, trainer)
    terminal.type("clear; fg; echo left $?")
    wait_for_steps(run)
    assert terminal.variable("alternate_on") == "0"
    terminal.press("C-c")
    terminal.wait_for("left 0")
    assert_stopped_properly(run)
    assert_restored(terminal)


@pytest.mark.parametrize("is_in_background", [pytest.param(False, marks=pytest.mark.soak), True])
def test_a_job_is_ended_from_its_shell(terminal: Terminal, run: Path, is_in_background: bool) -> None:
    start(terminal, run)
    step = suspend(terminal, run)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: last_step(run) > step)
    terminal.type("clear; kill %1; fg; echo ended")
    terminal.wait_for("ended")
    terminal.wait_for("--resume")
    assert_stopped_properly(run)
    assert_restored(terminal)


@pytest.mark.parametrize("is_in_background", [pytest.param(False, marks=pytest.mark.soak), True])
def test_a_job_whose_parent_is_killed_lets_the_run_go_on(terminal: Terminal, run: Path, is_in_background: bool) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    step = suspend(terminal, run)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: last_step(run) > step)
    terminal.type("kill -9 %1")
    terminal.wait_for(lambda: not is_alive(parent))
    wait_for_steps(run)
    assert trainer_of(run) == trainer
    assert_restored(terminal)


@pytest.mark.parametrize("is_in_background", [pytest.param(False, marks=pytest.mark.soak), True])
def test_a_job_whose_training_is_killed_says_so(terminal: Terminal, run: Path, is_in_background: bool) -> None:
    start(terminal, run)
    terminal.press("q", "y")
    terminal.wait_for("code 0")
    resume(terminal, run)
    parent, trainer = parent_and_trainer(run)
    step = suspend(terminal, run)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: last_step(run) > step)
    os.kill(trainer, signal.SIGKILL)
    terminal.type("fg")
    terminal.wait_for("the training process was ended by SIGKILL")
    terminal.wait_for(f"vae-tui train --resume {run}")
    terminal.wait_for(lambda: not is_alive(parent))
    assert_restored(terminal)


@pytest.mark.parametrize("is_in_background", [pytest.param(False, marks=pytest.mark.soak), True])
@pytest.mark.parametrize("way", ["window closed", pytest.param("shell killed", marks=pytest.mark.soak)])
def test_a_job_that_loses_its_shell_goes_on(terminal: Terminal, run: Path, way: str, is_in_background: bool) -> None:
    start(terminal, run)
    parent, trainer = parent_and_trainer(run)
    step = suspend(terminal, run)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: last_step(run) > step)
    if way == "shell killed":
        os.kill(parent_of(parent), signal.SIGKILL)
    terminal.close()
    if is_in_background or way == "shell killed":
        wait_for_steps(run)
        assert trainer_of(run) == trainer
    with contextlib.suppress(ProcessLookupError):  # a bash that ends may send it to a stopped job, too
        os.kill(trainer, signal.SIGTERM)
    assert_stopped_properly(run)
    wait_for(lambda: not is_alive(parent))


def test_a_run_that_is_started_in_the_background_waits_for_the_foreground(terminal: Terminal, run: Path) -> None:
    terminal.type(" ".join((VAE_TUI, *LONG, "--run.dir", str(run), "&")))
    terminal.wait_for(lambda: terminal.type("jobs") or "Stopped" in terminal.screen())
    assert last_step(run) == 0
    assert terminal.variable("alternate_on") == "0"
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, 0)
    detach(terminal, run)


def test_a_viewer_is_suspended_alone(terminal: Terminal, run: Path) -> None:
    terminal.type(" ".join((VAE_TUI, *LONG, "--detach", "--run.dir", str(run))) + f"; {VAE_TUI} attach {run}")
    terminal.wait_for("status · attached")
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    assert_restored(terminal)
    wait_for_steps(run)
    step = last_step(run)
    terminal.type("clear; fg; echo left $?")
    wait_for_screen(terminal, step)
    detach(terminal, run)
