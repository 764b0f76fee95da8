"""Training without the screen, in a process of its own: signals, hang-ups, viewers, and what is printed meanwhile."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from command import environment
from hosted import PATIENCE, Viewer
from pseudoterminal import PseudoTerminal, wait_for
from vae_tui.core.protocol.commands import Sample
from vae_tui.core.protocol.events import Ended
from vae_tui.tui.process.exit_codes import INTERRUPTED

pytestmark = pytest.mark.process

STAND_IN = """
    import asyncio, select, sys, threading, time
    from pathlib import Path
    from vae_tui.core.live import live_run
    from vae_tui.core.protocol.commands import Stop
    from vae_tui.core.config import Config, RunConfig
    from vae_tui.core.protocol.events import Ended, Failed, Notice
    from vae_tui.core.run.rundir import RunDirectory
    from vae_tui.core.training.launch import Launch
    from vae_tui.tui.cli.headless import train_headless
    from vae_tui.tui.process.terminal import output_to

    path, manner, on_hangup = Path(sys.argv[1]), *sys.argv[2:]

    def watch():
        while not (path / "unread").exists() or select.select([], [terminal.stdout], [], 0)[1]:
            time.sleep(0.01)
        (path / "stuck").touch()

    def run_training(run, commands, listen, launch, *, attended, limits):
        threading.Thread(target=watch, daemon=True).start()
        print("training", file=terminal.stdout)
        print("chatter")
        if manner in ("talkative", "unserved"):
            while not (path / "enough").exists() and commands.empty():
                listen(Notice(step=1, level="info", text="all is well"))
                with open(path / "turns", "ab") as turns:
                    turns.write(b".")
                time.sleep(0.001)
            if commands.empty():
                last = Ended(step=9, reason="finished")
                listen(last)
                return last
        print(commands.get(), file=terminal.stdout)
        if manner == "stubborn":
            threading.Event().wait()
        last = Ended(step=1, reason="stopped")
        listen(last)
        return last

    def broken(coroutine):
        coroutine.close()
        raise ArithmeticError("the server is broken")

    if manner == "unserved":
        asyncio.run = broken
    live_run.run_training = run_training
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run, output_to(run.log_path) as terminal:
        last = train_headless(run, terminal, lambda: None, launch=Launch(is_resumed=False), on_hangup=on_hangup)
    (path / "reason").write_text(last.reason)
    print(last.reason)
"""
"""Headless training with a trainer that does as it is told (`obedient`), that never ends (`stubborn`), or that says
something all the time until there is a file RUN/enough (`talkative`; when `unserved`, with a server that breaks). Once
there is a file RUN/unread, a terminal that takes nothing any more is noted in RUN/stuck."""


def stand_in(path: Path, manner: str, on_hangup: str = "continue") -> tuple[str, ...]:
    """The command that trains headless with a stand-in."""
    return sys.executable, "-c", textwrap.dedent(STAND_IN), str(path), manner, on_hangup


@contextlib.contextmanager
def piped(*command: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    """A command, and what it writes. It is killed at the end, and when it hangs: then nothing more can be read."""
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        guard = threading.Timer(PATIENCE, process.kill)
        guard.start()
        try:
            yield process, process.stdout, process.stderr
        finally:
            guard.cancel()
            process.kill()


def wait_for_turns(run: Path) -> None:
    """Wait until a talkative trainer has said something a few times more."""
    turns = run / "turns"
    wait_for(turns.exists)
    before = turns.stat().st_size
    wait_for(lambda: turns.stat().st_size > before + 10)


def insist(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    """Send a signal, a moment after the last one."""
    process.send_signal(number)
    time.sleep(0.05)


def on_terminal(path: Path, manner: str, on_hangup: str = "continue", *, controls: bool = True) -> PseudoTerminal:
    """A terminal with that command on it."""
    command = stand_in(path, manner, on_hangup)
    return PseudoTerminal(*command, cwd=path.parent, controls=controls, environment=environment())


def test_what_is_printed_goes_to_the_log_and_not_to_the_terminal_with_the_bar(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with on_terminal(run, "talkative") as terminal:
        terminal.wait_for("all is well")
        (run / "enough").touch()
        assert terminal.wait() == 0
    assert "chatter" not in terminal.text
    assert (run / "train.log").read_text() == "chatter\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("manner", ["obedient", "stubborn"])
def test_signals_stop_first_gently_then_at_once(tmp_path: Path, number: signal.Signals, manner: str) -> None:
    with piped(*stand_in(tmp_path / "run", manner)) as (process, stdout, stderr):
        assert stdout.readline() == "training\n"
        process.send_signal(number)
        assert stdout.readline() == "Stop(checkpoint=True)\n"
        assert stderr.readline() == "\n"
        assert stderr.readline().startswith("vae-tui: stopping with a final checkpoint")
        if manner == "stubborn":
            wait_for(lambda: process.poll() is not None, meanwhile=lambda: insist(process, number))
            assert process.returncode == INTERRUPTED
        else:
            assert stdout.readline() == "stopped\n"
            assert process.wait(PATIENCE) == 0


def test_a_viewer_attaches_commands_and_is_told_the_end(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with piped(*stand_in(run, "obedient")) as (process, stdout, _):
        assert stdout.readline() == "training\n"
        viewer = Viewer(run)
        viewer.send(Sample(label=3))
        assert stdout.readline() == "Sample(label=3)\n"
        viewer.until(Ended)
        viewer.leave()
        assert process.wait(PATIENCE) == 0


def test_a_server_that_breaks_is_noted_and_training_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with piped(*stand_in(run, "unserved")) as (process, stdout, _):
        while "all is well" not in stdout.readline():
            assert process.poll() is None
        (run / "enough").touch()
        stdout.read()
        assert process.wait(PATIENCE) == 0
    assert (run / "reason").read_text() == "finished"
    assert "ArithmeticError: the server is broken" in (run / "train.log").read_text()


@pytest.mark.parametrize("controls", [True, False], ids=["signal", "no signal"])
def test_training_goes_on_when_the_terminal_is_lost(tmp_path: Path, controls: bool) -> None:
    """Where the terminal is not the controlling one, there is no signal: only writing fails."""
    run = tmp_path / "run"
    with on_terminal(run, "talkative", controls=controls) as terminal:
        terminal.wait_for("all is well")
        terminal.cut()
        wait_for_turns(run)
        viewer = Viewer(run)  # it can still be reached
        (run / "enough").touch()
        viewer.until(Ended)
        viewer.leave()
        assert terminal.process.wait(PATIENCE) == 0
    assert (run / "reason").read_text() == "finished"
    assert (run / "train.log").read_text() == "chatter\n"


@pytest.mark.parametrize("controls", [True, False], ids=["signal", "no signal"])
def test_training_stops_when_the_terminal_is_lost_if_that_is_wanted(tmp_path: Path, controls: bool) -> None:
    run = tmp_path / "run"
    with on_terminal(run, "talkative", "stop", controls=controls) as terminal:
        terminal.wait_for("all is well")
        terminal.cut()
        assert terminal.process.wait(PATIENCE) == 0
    assert (run / "reason").read_text() == "stopped"


def test_signals_are_obeyed_on_a_terminal_that_is_stuck(tmp_path: Path) -> None:
    """Nobody reads what is written, until the terminal takes no more: the trainer waits in the middle of a line."""
    run = tmp_path / "run"
    with on_terminal(run, "talkative") as terminal:
        terminal.wait_for("all is well")
        (run / "unread").touch()
        wait_for((run / "stuck").exists)
        process = terminal.process
        wait_for(lambda: process.poll() is not None, meanwhile=lambda: insist(process, signal.SIGTERM))
        assert process.returncode == INTERRUPTED


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As under nohup, and for what a shell without job control has put in the background."""
    run = tmp_path / "run"
    with piped("nohup", *stand_in(run, "talkative", "stop")) as (process, stdout, _):
        assert stdout.readline() == "training\n"
        process.send_signal(signal.SIGHUP)
        wait_for_turns(run)
        (run / "enough").touch()
        stdout.read()
    assert (run / "reason").read_text() == "finished"
