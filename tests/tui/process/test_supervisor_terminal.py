"""The supervisor where the terminal is lost or given to others: hang-ups and job control."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from pseudoterminal import PseudoTerminal, is_alive, state_of, wait_for
from stage import ENTER, LEAVE, Stage
from vae_tui.tui.process.exit_codes import HUNG_UP
from vae_tui.tui.process.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.process

OK = "gone False, in front True, closed True"
GONE = "shown None, gone True, in front True, closed True"

CONTINUES_WITH = 5
"""The exit code of a child that has gone on without a screen."""


def cut(terminal: PseudoTerminal) -> None:
    terminal.cut()


def hang_up(terminal: PseudoTerminal) -> None:
    os.kill(terminal.process.pid, signal.SIGHUP)


def entered(terminal: PseudoTerminal) -> int:
    """How often the screen has been entered; it is left at most as often."""
    assert terminal.shown.count(LEAVE) <= terminal.shown.count(ENTER)
    return terminal.shown.count(ENTER)


# -- hang-ups


@pytest.mark.parametrize(
    ("end", "controls"), [(cut, True), (cut, False), (hang_up, True)], ids=["cut", "cut without a signal", "signal"]
)
def test_the_child_goes_on_without_the_terminal_and_the_parent_waits_for_it(
    stage: Stage, end: Callable[[PseudoTerminal], None], controls: bool
):
    terminal = stage.run("with_child()", controls=controls)
    terminal.wait_for(lambda: stage.has("child"))
    end(terminal)
    wait_for(lambda: stage.has("outcome"))
    assert stage.outcome == GONE
    stage.wait_for_count()
    if end is hang_up:  # the terminal is still there
        terminal.wait_for(lambda: LEAVE_SCREEN in terminal.shown)
        assert terminal.modes == terminal.modes_before
        assert entered(terminal) == 1
        assert terminal.foreground_group == terminal.process.pid
    os.kill(terminal.process.pid, signal.SIGHUP)  # a second one says nothing new
    stage.wait_for_count()
    assert terminal.process.poll() is None
    os.kill(stage.pid("child"), signal.SIGTERM)
    wait_for(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == CONTINUES_WITH
    assert stage.has("ended")
    if end is hang_up:
        assert stage.signals == "SIGHUP SIGTERM "
        assert not stage.has("continued")  # at which a screen would leave the terminal, and take it again


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_child_without_a_terminal_can_still_be_ended_through_its_parent(stage: Stage, number: signal.Signals):
    terminal = stage.run("with_child()")
    terminal.wait_for(lambda: stage.has("child"))
    cut(terminal)
    wait_for(lambda: stage.has("outcome"))
    os.kill(terminal.process.pid, number)
    wait_for(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == CONTINUES_WITH
    assert stage.signals.endswith("SIGUSR1 ")
    assert stage.has("ended")


def test_a_child_without_a_terminal_that_does_not_end_is_killed(stage: Stage):
    terminal = stage.run("supervisor.END_SECONDS = 0.5; with_child(obeys=False)")
    terminal.wait_for(lambda: stage.has("child"))
    cut(terminal)
    wait_for(lambda: stage.has("outcome"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    wait_for(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == 128 + signal.SIGKILL
    assert not is_alive(stage.pid("child"))


# -- a parent that is killed


def test_the_terminal_is_restored_and_the_child_goes_on_when_its_parent_is_killed(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(stage.pid("supervisor"), signal.SIGKILL)
    terminal.wait_for("code 137")
    terminal.wait_for(lambda: LEAVE_SCREEN in terminal.shown)
    terminal.wait_for(lambda: "SIGHUP" in stage.signals)
    stage.wait_for_count()
    terminal.type("echo $((6 * 7))\n")
    terminal.wait_for("42")
    cut(terminal)
    stage.wait_for_count()
    os.kill(stage.pid("child"), signal.SIGTERM)
    wait_for(lambda: not is_alive(stage.pid("child")))
    assert stage.has("ended")


def test_a_suspended_child_goes_on_when_its_parent_is_killed(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    os.kill(stage.pid("supervisor"), signal.SIGKILL)
    stage.wait_for_count()
    terminal.type("echo $((6 * 7))\n")
    terminal.wait_for("42")
    assert entered(terminal) == 1


# -- job control


def test_a_suspended_job_comes_back_in_the_foreground_only(stage: Stage):
    """In the background, the child goes on without its screen."""
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    child, parent = stage.pid("child"), stage.pid("supervisor")
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    assert terminal.shown.count(LEAVE) == entered(terminal) == 1
    assert state_of(child) == state_of(parent) == "T"
    terminal.type("bg\n")
    stage.wait_for_count()
    terminal.type("echo $((6 * 7))\n")
    terminal.wait_for("42")
    assert entered(terminal) == 1
    terminal.type("fg\n")
    terminal.wait_for(lambda: entered(terminal) == 2)
    os.kill(parent, signal.SIGTSTP)  # `kill -TSTP`
    terminal.wait_for(lambda: terminal.text.count("Stopped") == 2)
    assert state_of(child) == state_of(parent) == "T"
    terminal.type("fg\n")
    terminal.wait_for(lambda: entered(terminal) == 3)
    os.kill(child, signal.SIGTERM)
    terminal.wait_for(f"shown 7, {OK}")


def test_a_job_in_the_background_can_be_suspended_again(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    child, parent = stage.pid("child"), stage.pid("supervisor")
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    terminal.type("bg\n")
    stage.wait_for_count()
    os.kill(child, signal.SIGSTOP)
    wait_for(lambda: state_of(parent) == "T")
    terminal.type("fg\n")
    terminal.wait_for(lambda: entered(terminal) == 2)
    os.kill(parent, signal.SIGTERM)
    terminal.wait_for(f"shown 7, {OK}")


def test_a_suspended_job_can_be_ended(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    terminal.type("kill %1; fg\n")
    terminal.wait_for("shown 7, gone False")
    terminal.wait_for(lambda: not is_alive(stage.pid("supervisor")))
    assert stage.signals == "SIGUSR1 "
    assert stage.has("ended")
    assert terminal.shown.count(LEAVE) == entered(terminal)


def test_a_job_in_the_background_outlives_its_terminal(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    terminal.type("bg\n")
    stage.wait_for_count()
    cut(terminal)
    wait_for(lambda: stage.has("outcome"))
    assert stage.outcome == GONE
    stage.wait_for_count()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_job_that_ends_in_the_background_leaves_the_terminal_to_the_shell(stage: Stage, number: signal.Signals):
    """Its modes and its cursor are those of the line that the shell reads."""
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    modes_of_screen = terminal.modes
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    terminal.type("bg\n")
    stage.wait_for_count()
    terminal.wait_for(lambda: terminal.modes != terminal.modes_before)  # the shell reads a line
    modes, left = terminal.modes, terminal.shown.count(LEAVE)
    assert modes != modes_of_screen
    os.kill(stage.pid("child"), number)
    wait_for(lambda: stage.has("outcome"))
    assert terminal.modes == modes
    terminal.type("echo $((6 * 7))\n")
    terminal.wait_for("42")
    assert terminal.shown.count(LEAVE) == left
    assert LEAVE_SCREEN not in terminal.shown


def test_a_child_that_was_stopped_behind_its_parents_back_goes_on_with_it(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    parent, child = stage.pid("supervisor"), stage.pid("child")
    os.kill(parent, signal.SIGSTOP)
    terminal.wait_for("Stopped")
    os.kill(child, signal.SIGTTIN)  # as when it reads from a terminal that it does not have
    terminal.wait_for(lambda: state_of(child) == "T")
    terminal.type("fg\n")
    terminal.wait_for(lambda: state_of(child) != "T")
    stage.wait_for_count()
    os.kill(parent, signal.SIGTERM)
    terminal.wait_for(f"shown 7, {OK}")
    assert terminal.text.count("Stopped") == 1


def test_a_child_that_is_stopped_when_the_terminal_goes_away_goes_on(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    parent, child = stage.pid("supervisor"), stage.pid("child")
    os.kill(parent, signal.SIGSTOP)  # so that it finds the stopped child and the hang-up at once
    terminal.wait_for("Stopped")
    os.kill(child, signal.SIGSTOP)
    terminal.wait_for(lambda: state_of(child) == "T")
    os.kill(parent, signal.SIGHUP)
    os.kill(parent, signal.SIGCONT)
    wait_for(lambda: stage.has("outcome"))
    assert stage.outcome == GONE
    stage.wait_for_count()
    os.kill(parent, signal.SIGTERM)
    wait_for(lambda: not is_alive(parent))
    assert stage.has("ended")


def test_where_no_shell_could_bring_it_back_nothing_is_suspended(stage: Stage):
    terminal = stage.run("with_child()")
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("\x1a")
    terminal.wait_for(lambda: entered(terminal) == 2)
    stage.wait_for_count()
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 7


def test_a_job_in_the_background_waits_for_the_terminal(stage: Stage):
    terminal = stage.run("with_child()", shell=True, background=True)
    terminal.wait_for(lambda: stage.has("supervisor") and state_of(stage.pid("supervisor")) == "T")
    assert not stage.has("child")
    terminal.type("fg\n")
    terminal.wait_for(lambda: stage.has("child"))
    terminal.wait_for(lambda: entered(terminal) == 1)
    os.kill(stage.pid("supervisor"), signal.SIGTERM)
    terminal.wait_for(f"shown 7, {OK}")


@pytest.mark.parametrize(
    ("number", "gone", "code"), [(signal.SIGTERM, False, 0), (signal.SIGHUP, True, HUNG_UP)], ids=["SIGTERM", "SIGHUP"]
)
def test_a_job_that_never_had_the_terminal_can_be_ended(stage: Stage, number: signal.Signals, gone: bool, code: int):
    """What was handed to the child is closed all the same."""
    terminal = stage.run("with_child()", shell=True, background=True)
    terminal.wait_for(lambda: stage.has("supervisor") and state_of(stage.pid("supervisor")) == "T")
    os.kill(stage.pid("supervisor"), number)
    os.kill(stage.pid("supervisor"), signal.SIGCONT)
    terminal.wait_for(lambda: stage.has("outcome"))
    terminal.type("wait $!; echo code $?\n")
    terminal.wait_for(f"code {code}\n")
    assert stage.outcome == f"shown None, gone {gone}, in front {gone}, closed True"
    assert not stage.has("child")
