"""The parent of the screen: real processes, signals and terminals, with a screen and a host that do next to nothing."""

from __future__ import annotations

import os
import signal
import time

import pytest
from pseudoterminal import is_alive, state_of, wait_for
from stage import Stage
from vae_tui.tui import supervisor
from vae_tui.tui.terminal import LEAVE_SCREEN, TOGETHER_SECONDS


def test_it_returns_what_the_screen_returns(stage: Stage):
    (stage.folder / "ended").touch()
    terminal = stage.run("sys.exit(supervise(screen))")
    assert terminal.wait() == 7
    assert LEAVE_SCREEN not in terminal.shown  # a screen that has left is not left again
    assert terminal.modes == terminal.modes_before


def test_what_the_screen_raises_is_raised_with_its_notes(stage: Stage):
    terminal = stage.run(
        """
        def fail():
            error = UsageError("there is no such thing")
            error.add_note("a note " * 20_000)
            raise error
        try:
            supervise(fail)
        except UsageError as error:
            print(error, len(error.__notes__[0]), os.tcgetpgrp(0) == os.getpgrp())
        """
    )
    assert terminal.wait() == 0
    assert "there is no such thing 140000 True" in terminal.text


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "the screen was ended by SIGKILL"),
        ("os.abort()", "the screen was ended by SIGABRT"),
        ("os._exit(3)", "the screen was ended by exit code 3"),
        ("1 / 0", "the screen has failed: ZeroDivisionError: division by zero"),
    ],
)
def test_the_terminal_is_restored_however_the_screen_ends(stage: Stage, end: str, said: str):
    terminal = stage.run(
        f"""
        try:
            supervise(lambda: screen(lambda: {end}))
        except ScreenError as error:
            print(error)
        """
    )
    assert terminal.wait() == 0
    assert terminal.modes == terminal.modes_before
    before, _, after = terminal.shown.rpartition(LEAVE_SCREEN)
    assert b"\x1b[?1049h" in before
    assert said in after.decode()


def test_a_child_never_goes_on_as_its_parent(stage: Stage):
    """Not even where it cannot report: on a full disk, for instance."""
    terminal = stage.run(
        """
        import resource
        def lose():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        try:
            supervise(lose)
        except ScreenError as error:
            print(error)
        except OSError as error:
            print("still here")
        """
    )
    assert terminal.wait() == 0
    assert "the screen was ended by exit code 1" in terminal.text
    assert "still here" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_host_properly_and_the_screen_follows(stage: Stage, number: signal.Signals):
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(terminal.process.pid, number)
    assert terminal.wait() == 7
    assert (stage.folder / "asked").read_text() == "x"
    assert not is_alive(stage.pid("host"))
    assert terminal.modes == terminal.modes_before


def test_a_second_signal_ends_all_at_once(stage: Stage):
    terminal = stage.run("with_host(obeys=False)")
    terminal.wait_for(lambda: stage.has("screen"))
    began = time.monotonic()
    os.kill(terminal.process.pid, signal.SIGTERM)
    terminal.wait_for(lambda: stage.has("asked"))
    time.sleep(TOGETHER_SECONDS + 0.1)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 0
    assert time.monotonic() - began < supervisor.END_SECONDS
    assert "shown None, gone False" in terminal.text
    assert not is_alive(stage.pid("host"))
    assert not is_alive(stage.pid("screen"))
    assert terminal.modes == terminal.modes_before


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGCONT])
def test_signals_at_the_same_time_are_one_wish(stage: Stage, second: signal.Signals):
    """A service manager tells every process of a job, and whoever ends a job may tell its process and its group; who
    ends one that may be stopped lets it go on as well."""
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    os.kill(terminal.process.pid, second)
    assert terminal.wait() == 7
    assert (stage.folder / "asked").read_text() == "x"


@pytest.mark.parametrize("shown", ["read", "stuck"])
def test_what_does_not_end_in_time_is_killed(stage: Stage, shown: str):
    """The host does not listen. The screen cannot: it is in the middle of a write that nobody takes."""
    terminal = stage.run(
        "supervisor.END_SECONDS = 0.5; with_host(obeys=False)", *(["much"] if shown == "stuck" else [])
    )
    wait_for(lambda: stage.has("screen"))
    time.sleep(0.3)
    os.kill(terminal.process.pid, signal.SIGTERM)
    if shown == "stuck":
        wait_for(lambda: not is_alive(stage.pid("screen")))
    assert terminal.wait() == 0
    assert not is_alive(stage.pid("host"))
    assert terminal.modes == terminal.modes_before


def test_ctrl_c_before_the_screen_listens_to_keys_ends_all(stage: Stage):
    terminal = stage.run(
        """
        def screen():
            note("screen", os.getpid())
            time.sleep(1000)
        with_host()
        """
    )
    terminal.wait_for(lambda: stage.has("screen"))
    terminal.type("\x03")
    assert terminal.wait() == 0
    assert "shown None, gone False" in terminal.text
    assert "Traceback" not in terminal.text
    assert (stage.folder / "asked").read_text() == "x"


def test_a_host_that_has_ended_is_no_zombie(stage: Stage):
    terminal = stage.run("screen_ = screen; screen = lambda: screen_(Path('enough').exists); with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("host"), signal.SIGKILL)
    terminal.wait_for(lambda: state_of(stage.pid("host")) == "")
    (stage.folder / "enough").touch()
    assert terminal.wait() == 7


def test_a_screen_that_does_not_follow_the_host_is_asked_itself(stage: Stage):
    terminal = stage.run(
        "supervisor.FOLLOW_SECONDS = 0.1; screen_ = screen; screen = lambda: screen_(bool); with_host()"
    )
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    terminal.wait_for("shown None, gone False")
    assert terminal.wait() == 0
    assert terminal.modes == terminal.modes_before
