"""The parent of the screen: real processes, signals and terminals, with a screen and a host that do next to nothing."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pseudoterminal import PseudoTerminal, is_alive, state_of, wait_for
from vae_tui.tui import supervisor
from vae_tui.tui.terminal import LEAVE_SCREEN

PROGRAM = """
    import os, signal, subprocess, sys, time, tty
    from pathlib import Path
    from vae_tui.core.errors import UsageError
    from vae_tui.tui import supervisor
    from vae_tui.tui.child import ScreenError
    from vae_tui.tui.supervisor import Supervisor, supervise

    def note(name, text):
        Path(f"{name}.new").write_text(str(text))
        Path(f"{name}.new").rename(name)

    def enter():
        tty.setraw(0)
        os.write(2, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1003h")

    def leave():
        os.write(2, b"\\x1b[?1003l\\x1b[?25h\\x1b[?1049l")
        tty.tcsetattr(0, tty.TCSANOW, cooked)

    def suspend(*_):
        leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, suspend)
        enter()

    def screen(until=lambda: Path("ended").exists()):
        global cooked
        cooked = tty.tcgetattr(0)
        signal.signal(signal.SIGTSTP, suspend)
        enter()
        note("screen", os.getpid())
        while not until():
            os.write(2, b"." if len(sys.argv) < 2 else b"." * 4096)
            time.sleep(0.02)
        leave()
        return 7

    HOST = '''
        import signal, sys, time
        def end(*_):
            open("asked", "a").write("x")
            if {obeys}:
                open("ended", "w").close()
                sys.exit()
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, end)
        open("ready", "w").close()
        while True:
            time.sleep(1)
    '''

    def host(obeys=True):
        import textwrap
        code = textwrap.dedent(HOST).format(obeys=obeys)
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdin=subprocess.DEVNULL)
        note("host", process.pid)
        while not Path("ready").exists():
            time.sleep(0.01)
        return process

    def with_host(**how):
        obeys = how.pop("obeys", True)
        with Supervisor(host(obeys), **how) as parent:
            shown = parent.show(screen)
            parent.wait_for_host()
        print(f"shown {shown}, gone {parent.hung_up}", flush=True)
        note("outcome", f"shown {shown}, gone {parent.hung_up}")
        sys.exit(shown or 0)
"""


class Stage:
    """Starts programs on terminals, and ends whatever they leave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._terminals: list[PseudoTerminal] = []

    def run(self, code: str, *arguments: str, shell: bool = False, controls: bool = True) -> PseudoTerminal:
        """Run a program that goes on from PROGRAM; as a session's leader, or as a job of a shell."""
        program = self.folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM) + textwrap.dedent(code))
        command = (sys.executable, str(program), *arguments)
        if not shell:
            terminal = PseudoTerminal(*command, cwd=self.folder, controls=controls)
        else:
            terminal = PseudoTerminal("bash", "--norc", "--noprofile", "-i", cwd=self.folder, environment={"PS1": "$ "})
            terminal.type(f"{shlex.join(command)}; echo code $?\n")
        self._terminals.append(terminal)
        return terminal

    def pid(self, name: str) -> int:
        """The process that has noted itself under a name; waits for it."""
        wait_for((self.folder / name).exists)
        return int((self.folder / name).read_text())

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def clean_up(self) -> None:
        for terminal in self._terminals:
            terminal.close()
        for name in ("screen", "host"):
            if self.has(name) and is_alive(self.pid(name)):
                os.kill(self.pid(name), signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True).stdout)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    try:
        yield stage
    finally:
        stage.clean_up()


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
    time.sleep(supervisor.TOGETHER_SECONDS + 0.1)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 0
    assert time.monotonic() - began < supervisor.END_SECONDS
    assert "shown None, gone False" in terminal.text
    assert not is_alive(stage.pid("host"))
    assert not is_alive(stage.pid("screen"))
    assert terminal.modes == terminal.modes_before


def test_signals_at_the_same_time_are_one(stage: Stage):
    """A service manager tells every process of a job, and whoever ends a job may tell its process and its group."""
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(terminal.process.pid, signal.SIGTERM)
    os.kill(terminal.process.pid, signal.SIGINT)
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


def test_where_no_shell_could_bring_it_back_nothing_is_suspended(stage: Stage):
    terminal = stage.run("with_host()")
    terminal.wait_for(lambda: stage.has("screen"))
    os.kill(stage.pid("screen"), signal.SIGTSTP)
    terminal.wait_for(lambda: terminal.shown.count(b"\x1b[?1049h") == 2)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait() == 7


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
