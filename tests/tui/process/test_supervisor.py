"""The supervisor: real processes, signals and terminals, with a child that trains nothing."""

from __future__ import annotations

import os
import signal

import pytest
from pseudoterminal import is_alive, wait_for
from stage import ENTER, LEAVE, Stage
from vae_tui.tui.process.exit_codes import HUNG_UP, INTERRUPTED
from vae_tui.tui.process.terminal import LEAVE_SCREEN

pytestmark = pytest.mark.process

OK = "gone False, in front True, closed True"
"""How every outcome goes on where the terminal is still there."""

INSISTING = "supervisor.END_SECONDS, supervisor.TOGETHER_SECONDS = 1000, 0"
"""Makes sure that a child is killed by a second signal only, and by any."""


def test_it_returns_what_the_child_returns(stage: Stage):
    terminal = stage.run("with_child(lambda pipe: [enter(), 7][1])")
    assert terminal.wait() == 7
    assert stage.outcome == f"shown 7, {OK}"
    assert terminal.modes == terminal.modes_before
    assert LEAVE_SCREEN not in terminal.shown, "a child that returns has left its screen"


def test_what_the_child_raises_is_raised_with_its_notes(stage: Stage):
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
    assert LEAVE_SCREEN not in terminal.shown


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "the screen was ended by SIGKILL"),
        ("os.abort()", "the screen was ended by SIGABRT"),
        ("os._exit(3)", "the screen was ended by exit code 3"),
        ("1 / 0", "the screen has failed: ZeroDivisionError: division by zero"),
    ],
)
def test_the_terminal_is_restored_however_the_child_ends(stage: Stage, end: str, said: str):
    terminal = stage.run(f"with_child(lambda pipe: [enter(), {end}])")
    assert terminal.wait() == 0
    assert stage.outcome == f"shown {said}, {OK}"
    assert terminal.modes == terminal.modes_before
    before, _, after = terminal.shown.rpartition(LEAVE_SCREEN)
    assert ENTER in before
    assert said in after.decode()


@pytest.mark.parametrize("report", ["return lambda: 0", "raise type('Local', (UsageError,), {})()"])
def test_a_child_that_cannot_report_never_goes_on_as_its_parent(stage: Stage, report: str):
    """Its result or its error cannot be pickled."""
    terminal = stage.run(
        f"""
        def lose(pipe):
            note("child", os.getpid())
            {report}
        with_child(lose)
        """
    )
    assert terminal.wait() == 0
    assert stage.outcome == f"shown the screen was ended by exit code 1, {OK}"
    assert terminal.text.count("shown") == 1
    assert not is_alive(stage.pid("child"))


def test_a_child_that_reports_twice_is_heard_once(stage: Stage):
    stage.run("with_child(lambda pipe: [pipe.send(Report(3)), pipe.send(Report(4)), 5][2])").wait()
    assert stage.outcome == f"shown 3, {OK}"


def test_what_a_child_held_is_free_after_its_report(stage: Stage):
    stage.run(
        """
        import fcntl
        def reports(pipe):
            global held
            held = open("lock", "w")
            fcntl.flock(held, fcntl.LOCK_EX)
            pipe.send(Report(3))
            time.sleep(0.5)
            end_process(0)
        try:
            with_child(reports)
        finally:
            fcntl.flock(open("lock"), fcntl.LOCK_SH | fcntl.LOCK_NB)
            note("free", "")
        """
    ).wait()
    assert stage.outcome == f"shown 3, {OK}"
    assert stage.has("free")


# -- the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_child_once_and_its_result_is_returned(stage: Stage, number: signal.Signals):
    terminal = stage.run("with_child()")
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(terminal.process.pid, number)
    assert terminal.wait() == 7
    assert stage.outcome == f"shown 7, {OK}"
    assert stage.signals == "SIGUSR1 "
    assert stage.has("ended")
    assert terminal.modes == terminal.modes_before
    assert LEAVE in terminal.shown
    assert LEAVE_SCREEN not in terminal.shown


def test_a_second_signal_kills_the_child(stage: Stage):
    terminal = stage.run(f"{INSISTING}; with_child(obeys=False)")
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    terminal.wait_for(lambda: stage.signals)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 0
    assert stage.outcome == f"shown None, {OK}"
    assert stage.signals == "SIGUSR1 "
    assert not is_alive(stage.pid("child"))
    assert terminal.modes == terminal.modes_before
    assert LEAVE_SCREEN in terminal.shown


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGCONT])
def test_signals_at_the_same_time_are_one(stage: Stage, second: signal.Signals):
    """A job may be told through its process and its group; and one that may be stopped is let go on as well."""
    terminal = stage.run("with_child()")
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    os.kill(terminal.process.pid, second)
    assert terminal.wait() == 7
    assert stage.signals == "SIGUSR1 "


@pytest.mark.parametrize("how", ["obeys=False", "gets_stuck=True"])
def test_a_child_that_does_not_end_in_time_is_killed(stage: Stage, how: str):
    """It does not listen, or its screen is in the middle of a write that the terminal does not take."""
    terminal = stage.run(f"supervisor.END_SECONDS = 0.5; with_child({how})")
    wait_for(lambda: stage.has("stuck" if "stuck" in how else "child"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    wait_for(lambda: not is_alive(stage.pid("child")))
    assert terminal.wait() == 0
    assert stage.signals == "SIGUSR1 "
    assert stage.outcome == f"shown None, {OK}"
    assert terminal.modes == terminal.modes_before


def test_ctrl_c_before_the_child_takes_signals_is_not_lost(stage: Stage):
    terminal = stage.run(
        """
        def slow(pipe):
            note("child", os.getpid())
            while not Path("ready").exists():
                time.sleep(0.01)
            return train(pipe)
        with_child(slow)
        """
    )
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("\x03")
    terminal.wait_for("^C")
    (stage.folder / "ready").touch()
    assert terminal.wait() == 7
    assert stage.signals == "SIGINT "
    assert "Traceback" not in terminal.text


def test_a_screen_that_fails_once_the_end_is_asked_for_is_no_error(stage: Stage):
    terminal = stage.run("with_child(lambda pipe: [train(pipe), 1 / 0])")
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 0
    assert stage.outcome == f"shown None, {OK}"


# -- a child that goes on without a screen


@pytest.mark.parametrize(("key", "shown", "has_left"), [("d", "detached", True), ("x", "the screen is broken", False)])
def test_a_child_can_report_and_go_on(stage: Stage, key: str, shown: str, has_left: bool):
    terminal = stage.run("with_child()")
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type(key)
    assert terminal.wait() == 0
    assert stage.outcome == f"shown {shown}, {OK}"
    assert terminal.modes == terminal.modes_before
    assert (LEAVE_SCREEN in terminal.shown) != has_left
    terminal.cut()
    stage.wait_for_count()
    os.kill(stage.pid("child"), signal.SIGTERM)
    wait_for(lambda: stage.has("ended"))
    assert stage.signals == "SIGTERM "


def test_neither_keys_nor_the_end_of_its_terminal_reach_a_child_that_goes_on(stage: Stage):
    terminal = stage.run("with_child()", shell=True)
    terminal.wait_for(lambda: stage.has("child"))
    terminal.type("d")
    terminal.wait_for("code 0")
    for key, said in (("\x1a", "Stopped"), ("\x03", "^C")):
        terminal.type(f"sh -c 'echo $((6 * {ord(key)})); exec cat'\n")
        terminal.wait_for(f"{6 * ord(key)}\n")
        terminal.type(key)
        terminal.wait_for(said)
    stage.wait_for_count()
    terminal.cut()
    wait_for(lambda: terminal.process.poll() is not None)
    stage.wait_for_count()
    assert stage.signals == ""
    os.kill(stage.pid("child"), signal.SIGINT)
    wait_for(lambda: stage.has("ended"))


# -- a screen that only looks on

LOOK = """
    def look():
        with SignalThread(lambda number: end_process(129) if number == signal.SIGHUP else None, (signal.SIGHUP,)):
            enter()
            note("child", os.getpid())
            threading.Event().wait()
    supervisor.END_SECONDS = 0.1
    sys.exit(supervise(look))
"""


def test_who_only_looks_on_ends_with_the_terminal(stage: Stage):
    terminal = stage.run(LOOK)
    terminal.wait_for(lambda: stage.has("child"))
    terminal.cut()
    wait_for(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == HUNG_UP
    assert not is_alive(stage.pid("child"))


def test_who_only_looks_on_and_is_killed_was_interrupted(stage: Stage):
    terminal = stage.run(LOOK)
    terminal.wait_for(lambda: stage.has("child"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == INTERRUPTED
    assert terminal.modes == terminal.modes_before


@pytest.mark.parametrize(
    ("moment", "is_asked"),
    [
        ("shown = parent.show(lambda pipe: 7)", False),
        # The child has closed its screen, and handles no signals any more.
        ("shown = parent.show(lambda pipe: [os.kill(0, signal.SIGINT), 7][1])", True),
        # The child has ended, but this process still waits for signals in its stead.
        ("shown = parent.show(lambda pipe: 7); os.kill(os.getpid(), signal.SIGINT)", True),
        # The user has asked on the screen.
        ("shown = parent.show(lambda pipe: [setattr(pipe, 'is_asked_to_end', True), 7][1])", True),
    ],
)
def test_a_request_to_end_that_comes_late_is_not_lost(stage: Stage, moment: str, is_asked: bool):
    terminal = stage.run(
        f"""
        with Supervisor() as parent:
            {moment}
        print("asked", shown, parent.was_asked_to_end)
        """
    )
    assert terminal.wait() == 0
    assert f"asked 7 {is_asked}" in terminal.text
