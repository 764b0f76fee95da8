"""The parent of the screen where the terminal is lost or given to others: hang-ups and job control."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable

import pytest
from pseudoterminal import PseudoTerminal, is_alive, state_of, wait_for
from stage import Stage, parent_of
from vae_tui.tui.terminal import LEAVE_SCREEN


def cut(terminal: PseudoTerminal) -> None:
    terminal.cut()


def hang_up(terminal: PseudoTerminal) -> None:
    os.kill(terminal.process.pid, signal.SIGHUP)


@pytest.mark.parametrize("end", [cut, hang_up])
def test_the_host_outlives_the_terminal_and_the_parent_waits_for_it(
    stage: Stage, end: Callable[[PseudoTerminal], None]
):
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    end(terminal)
    wait_for(lambda: not is_alive(stage.pid("screen")))
    time.sleep(0.3)
    assert is_alive(stage.pid("host"))
    assert terminal.process.poll() is None
    if end is hang_up:  # the terminal is still there
        terminal.wait_for(lambda: LEAVE_SCREEN in terminal.shown)
        assert terminal.modes == terminal.modes_before
        assert terminal.shown.rpartition(LEAVE_SCREEN)[0].count(b"\x1b[?1049h") == 1
        assert terminal.foreground_group == terminal.process.pid
    os.kill(terminal.process.pid, signal.SIGHUP)  # once more says nothing new
    os.kill(stage.pid("host"), signal.SIGTERM)
    wait_for(lambda: terminal.process.poll() is not None)
    assert (stage.folder / "outcome").read_text() == "shown None, gone True"
    assert terminal.process.returncode == 0


def test_a_run_without_a_terminal_can_still_be_stopped(stage: Stage):
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    cut(terminal)
    wait_for(lambda: not is_alive(stage.pid("screen")))
    os.kill(terminal.process.pid, signal.SIGTERM)
    wait_for(lambda: terminal.process.poll() is not None)
    assert stage.has("ended")


def test_a_hang_up_can_stop_the_host(stage: Stage):
    terminal = stage.run("with_host(on_hangup='stop')")
    terminal.wait_for(lambda: stage.has("screen"))
    cut(terminal)
    wait_for(lambda: terminal.process.poll() is not None)
    assert stage.has("ended")
    assert (stage.folder / "outcome").read_text() == "shown None, gone True"


def test_the_screen_ends_with_its_parent_and_restores_the_terminal(stage: Stage):
    terminal = stage.run("with_host()", shell=True)
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(parent_of(stage.pid("screen")), signal.SIGKILL)
    terminal.wait_for("code 137")
    terminal.wait_for(lambda: not is_alive(stage.pid("screen")))
    terminal.wait_for(lambda: LEAVE_SCREEN in terminal.shown)
    assert is_alive(stage.pid("host"))
    terminal.type("echo $((6 * 7))\n")
    terminal.wait_for("42")


def test_a_suspended_job_comes_back_in_the_foreground_only(stage: Stage):
    terminal = stage.run("with_host()", shell=True)
    terminal.wait_for(lambda: stage.has("screen"))
    parent = parent_of(stage.pid("screen"))

    def entered() -> int:
        assert terminal.shown.count(b"\x1b[?1049l") in range(terminal.shown.count(b"\x1b[?1049h") + 1)
        return terminal.shown.count(b"\x1b[?1049h")

    os.kill(stage.pid("screen"), signal.SIGTSTP)  # as the app does when ctrl+z is pressed
    terminal.wait_for("Stopped")
    assert terminal.shown.count(b"\x1b[?1049l") == entered() == 1
    terminal.type("bg\n")
    terminal.wait_for("program.py &")
    terminal.wait_for(lambda: state_of(parent) == "T")
    terminal.type("jobs -s\n")
    terminal.wait_for(lambda: terminal.text.count("Stopped") >= 2)
    assert entered() == 1
    terminal.type("fg\n")
    terminal.wait_for(lambda: entered() == 2)
    os.kill(parent, signal.SIGTSTP)  # `kill -TSTP`
    terminal.wait_for(lambda: terminal.text.count("Stopped") >= 3)
    terminal.type("fg\n")
    terminal.wait_for(lambda: entered() == 3)
    os.kill(stage.pid("host"), signal.SIGTERM)
    terminal.wait_for("shown 7, gone False")


def test_a_suspended_job_can_be_ended(stage: Stage):
    terminal = stage.run("with_host()", shell=True)
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("screen"), signal.SIGTSTP)
    terminal.wait_for("Stopped")
    terminal.type("kill %1; fg\n")
    terminal.wait_for(lambda: not is_alive(stage.pid("host")))
    terminal.wait_for("shown None, gone False")
    assert stage.has("ended")


def test_a_screen_that_was_stopped_behind_its_parents_back_goes_on_with_it(stage: Stage):
    terminal = stage.run("with_host()", shell=True)
    terminal.wait_for(lambda: stage.has("screen"))
    parent = parent_of(stage.pid("screen"))
    os.kill(parent, signal.SIGSTOP)
    terminal.wait_for("Stopped")
    os.kill(stage.pid("screen"), signal.SIGTTIN)  # as when a key is typed meanwhile
    terminal.wait_for(lambda: state_of(stage.pid("screen")) == "T")
    terminal.type("fg\n")
    terminal.wait_for(lambda: state_of(stage.pid("screen")) != "T")
    os.kill(stage.pid("host"), signal.SIGTERM)
    terminal.wait_for("shown 7, gone False")
    assert terminal.text.count("Stopped") == 1


def test_where_no_shell_could_bring_it_back_nothing_is_suspended(stage: Stage):
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("screen"), signal.SIGTSTP)
    terminal.wait_for(lambda: terminal.shown.count(b"\x1b[?1049h") == 2)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 7


def test_a_job_that_never_had_the_terminal_keeps_nothing_that_was_handed_to_the_screen(stage: Stage):
    terminal = stage.run(
        """
        import socket
        if sys.argv[1:]:
            ours, others = socket.socketpair()
            with Supervisor() as parent:
                note("parent", os.getpid())
                shown = parent.show(screen, handed=ours)
                note("outcome", f"shown {shown}, heard {others.recv(1)}")
        """,
        shell=True,
    )
    terminal.wait_for("code 0")
    terminal.type(f"{shlex.quote(sys.executable)} program.py go &\n")
    terminal.wait_for(lambda: stage.has("parent") and state_of(stage.pid("parent")) == "T")
    os.kill(stage.pid("parent"), signal.SIGTERM)
    os.kill(stage.pid("parent"), signal.SIGCONT)
    terminal.wait_for(lambda: stage.has("outcome"))
    assert (stage.folder / "outcome").read_text() == "shown None, heard b''"


def test_a_job_in_the_background_waits_for_the_terminal(stage: Stage):
    terminal = stage.run("with_host()", shell=True)
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("host"), signal.SIGTERM)
    terminal.wait_for("code 7")
    for name in ("screen", "ended", "ready", "host"):
        (stage.folder / name).unlink()
    terminal.type(f"{shlex.quote(sys.executable)} program.py &\n")
    terminal.wait_for(lambda: stage.has("host"))
    terminal.wait_for(lambda: b"[1]" in terminal.shown)
    time.sleep(0.5)
    assert not stage.has("screen")
    terminal.type("fg\n")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("host"), signal.SIGTERM)
    terminal.wait_for(lambda: terminal.text.count("shown 7") == 2)
