"""The process that trains and shows a screen: real processes, signals and terminals, with a stand-in trainer."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import environment
from hosted import PATIENCE, Viewer
from pseudoterminal import PseudoTerminal, is_alive, wait_for
from vae_tui.core.live.wire import Grown
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import Ended
from vae_tui.core.run.rundir import is_locked
from vae_tui.tui.process.exit_codes import INTERRUPTED

pytestmark = pytest.mark.process

ON_SCREEN = """
    import os, sys, time
    from pathlib import Path
    from vae_tui.core.protocol.commands import Stop
    from vae_tui.core.protocol.events import Ended, Failed
    from vae_tui.core.live import live_run
    from vae_tui.tui.app import training_process
    from vae_tui.tui.cli import main

    manner = sys.argv.pop(1)

    def run_training(run, commands, listen, launch, *, attended, limits):
        Path("process").write_text(str(os.getpid()))
        last = Ended(step=1, reason="stopped")
        while manner == "stubborn" or commands.empty():
            with open("turns", "ab") as turns:
                turns.write(b".")
            if Path("broken").exists():
                last = Failed(step=1, message="it broke", traceback="")
                break
            time.sleep(0.01)
        else:
            Path("told").write_text(str(commands.get()))
        listen(last)
        return last

    def fail(app, options, log):
        raise ArithmeticError("no such number")

    live_run.run_training = run_training
    if manner == "without a screen":
        training_process.run_app = fail
    main()
"""
"""`vae-tui` with a trainer that stops when it is told to, or is `stubborn`; it fails once there is a file `broken`."""


@contextlib.contextmanager
def on_screen(folder: Path, manner: str, *arguments: str) -> Iterator[PseudoTerminal]:
    """Train on a terminal. What is left is killed."""
    command = (sys.executable, "-c", textwrap.dedent(ON_SCREEN), manner, "train", "--run.dir", "run", *arguments)
    with PseudoTerminal(*command, cwd=folder, environment=environment()) as terminal:
        try:
            terminal.wait_for((folder / "turns").exists)
            if manner != "without a screen":
                terminal.wait_for("status")
            yield terminal
        finally:
            if (folder / "process").exists() and is_alive(pid := trainer_in(folder)):
                os.kill(pid, signal.SIGKILL)


def trainer_in(folder: Path) -> int:
    """The process that trains."""
    return int((folder / "process").read_text())


def wait_for_turns(folder: Path) -> None:
    """Wait until the training has gone on."""
    before = (folder / "turns").stat().st_size
    wait_for(lambda: (folder / "turns").stat().st_size > before)


def assert_restored(terminal: PseudoTerminal) -> None:
    """The terminal is set as before, and the screen was left."""
    assert terminal.modes == terminal.modes_before
    assert terminal.shown.rfind(b"\x1b[?1049l") > terminal.shown.rfind(b"\x1b[?1049h")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("whom", ["command", "trainer"])
def test_a_signal_stops_the_run_and_the_screen_follows(tmp_path: Path, number: signal.Signals, whom: str) -> None:
    with on_screen(tmp_path, "obedient") as terminal:
        os.kill(terminal.process.pid if whom == "command" else trainer_in(tmp_path), number)
        assert terminal.wait() == 0
        assert_restored(terminal)
        assert "run         run\n" in terminal.text
    assert (tmp_path / "told").read_text() == "Stop(checkpoint=True)"
    assert not is_locked(tmp_path / "run")


def test_a_second_signal_to_the_process_itself_ends_it_at_once(tmp_path: Path) -> None:
    with on_screen(tmp_path, "stubborn") as terminal:
        pid = trainer_in(tmp_path)

        def insist() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            terminal.read()

        wait_for(lambda: terminal.process.poll() is not None, meanwhile=insist)
        assert terminal.wait() == INTERRUPTED
        assert_restored(terminal)
    assert not is_locked(tmp_path / "run")


def test_a_run_that_is_detached_from_goes_on_without_the_terminal(tmp_path: Path) -> None:
    with on_screen(tmp_path, "obedient") as terminal:
        terminal.type("d")
        assert terminal.wait() == 0
        assert_restored(terminal)
        assert f"training    goes on in the background (process {trainer_in(tmp_path)})\n" in terminal.text
        terminal.cut()
        wait_for_turns(tmp_path)
        viewer = Viewer(tmp_path / "run")
        viewer.send(Stop())
        viewer.until(Ended)
        viewer.leave()
        wait_for(lambda: not is_locked(tmp_path / "run"))


def test_a_run_whose_screen_fails_goes_on(tmp_path: Path) -> None:
    with on_screen(tmp_path, "without a screen") as terminal:
        assert terminal.wait() == 1
        assert_restored(terminal)
        assert "vae-tui: the screen has failed: ArithmeticError: no such number" in terminal.text
        assert f"training    goes on in the background (process {trainer_in(tmp_path)})\n" in terminal.text
        assert "Traceback" not in terminal.text
        terminal.cut()
        wait_for_turns(tmp_path)
        os.kill(trainer_in(tmp_path), signal.SIGTERM)
        wait_for(lambda: not is_locked(tmp_path / "run"))
    assert "ArithmeticError" in (tmp_path / "run" / "train.log").read_text()


@pytest.mark.parametrize("end", ["SIGTERM", "failure"])
def test_a_run_goes_on_without_its_terminal_and_the_command_waits_for_it(tmp_path: Path, end: str) -> None:
    with on_screen(tmp_path, "obedient") as terminal:
        terminal.cut()
        wait_for_turns(tmp_path)
        viewer = Viewer(tmp_path / "run")
        viewer.until(Grown)
        viewer.leave()
        wait_for_turns(tmp_path)
        assert terminal.process.poll() is None
        if end == "failure":
            (tmp_path / "broken").touch()
        else:
            terminal.process.terminate()
        assert terminal.process.wait(PATIENCE) == (1 if end == "failure" else 0)
    assert not is_locked(tmp_path / "run")


def test_a_run_stops_with_its_terminal_where_that_is_wanted(tmp_path: Path) -> None:
    with on_screen(tmp_path, "obedient", "--on-hangup", "stop") as terminal:
        terminal.cut()
        assert terminal.process.wait(PATIENCE) == 0
    assert (tmp_path / "told").read_text() == "Stop(checkpoint=True)"
    assert not is_locked(tmp_path / "run")
