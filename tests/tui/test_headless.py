"""Training without the screen: what is said of the events, and how signals and hang-ups are obeyed."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from command import environment
from hosted import PATIENCE, Viewer
from scripted import (
    START,
    TOTAL_STEPS,
    checkpointed,
    data_ready,
    evaluated,
    metrics,
    model_ready,
    notice,
    opening,
    state,
    training,
)
from vae_tui.core.commands import Sample
from vae_tui.core.config import Config
from vae_tui.core.events import Ended, Event, Progress, RunState
from vae_tui.tui.headless import reporter


def said_of(*events: Event) -> list[str]:
    """The plain lines on some events, without the time of day."""
    out = io.StringIO()
    with reporter(out, Config()) as report:
        for event in events:
            report(event)
    lines = out.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d  ", line) for line in lines)
    return [line[10:] for line in lines]


def drawn_of(*events: Event) -> str:
    """What appears on a terminal on some events."""
    controller, terminal = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        # A terminal buffers a few KB: without a reader the writer would wait, and one read does not get all.
        with contextlib.suppress(OSError):  # Linux says EIO when the last writer has gone, others say nothing more
            while block := os.read(controller, 1 << 16):
                shown.append(block)

    reader = threading.Thread(target=read)
    reader.start()
    with open(terminal, "w") as out, reporter(out, Config()) as report:
        for event in events:
            report(event)
    reader.join()
    os.close(controller)
    return b"".join(shown).decode()


def test_each_step_of_the_way_is_a_line() -> None:
    lines = said_of(
        state(RunState.PREPARING),
        data_ready("no network: packaged digits"),
        state(RunState.COMPILING),
        model_ready(),
        state(RunState.TRAINING),
        evaluated(350),
        checkpointed(350),
        state(RunState.FINISHED, TOTAL_STEPS),
    )
    for said in (
        "data: mnist5k",
        "no network: packaged digits",
        "compiling",
        "step 350  valid",
        "saved 350",
        "finished",
        "validation loss at step 350",
    ):
        assert sum(said in line for line in lines) == 1, lines


def test_the_figures_come_every_few_seconds_only() -> None:
    lines = [line for line in said_of(*opening(), *training(TOTAL_STEPS)) if "steps/s" in line]
    assert len(lines) == 4  # 15 seconds of training, one every 5 seconds from the first chunk on
    assert re.fullmatch(
        r"step [\d,]+/4,270 · loss \d+\.\d\d · validation \d+\.\d\d · 0:\d\d left · 280 steps/s · epoch \d+/122",
        lines[1],
    )


def test_short_epochs_do_not_flood_the_output() -> None:
    lines = [line for line in said_of(*opening(), *training(TOTAL_STEPS)) if "valid " in line]
    assert 5 <= len(lines) <= 25  # of 122 epochs in 15 seconds


def test_a_preparation_says_how_far_it_has_come() -> None:
    progress = [
        Progress(step=0, time=START + second, label="downloading", done=second * 10**6, total=9_900_000, unit="bytes")
        for second in range(8)
    ]
    assert said_of(*progress) == ["downloading: 0.0 of 9.9 MB", "downloading: 5.0 of 9.9 MB"]


def test_training_goes_on_when_nobody_reads_any_more() -> None:
    reading, writing = os.pipe()
    out = open(writing, "w", buffering=1)  # noqa: SIM115 (closing it would fail: that is the point)
    with reporter(out, Config()) as report:
        report(data_ready())
        os.close(reading)
        for event in training(500):
            report(event)
    with pytest.raises(BrokenPipeError):
        out.close()


def test_on_a_terminal_there_is_a_bar() -> None:
    shown = drawn_of(*opening("packaged digits"), *training(2135), notice("look"), metrics(2136, 2170))
    assert "packaged digits" in shown
    assert "look" in shown
    assert "training" in shown
    assert "step 2,170/4,270" in shown
    assert shown.rstrip().endswith("\x1b[?25h")  # the cursor is visible again


STAND_IN = """
    import asyncio, sys, threading, time
    from pathlib import Path
    import vae_tui.tui.live_training as live_training
    from vae_tui.core.commands import Stop
    from vae_tui.core.config import Config, RunConfig
    from vae_tui.core.events import Ended, Failed, Notice
    from vae_tui.core.rundir import RunDirectory
    from vae_tui.tui.headless import train_headless
    from vae_tui.tui.terminal import output_to

    path, manner, on_hangup = Path(sys.argv[1]), *sys.argv[2:]

    def run_training(run, commands, listen, *, resume, attended, note):
        print("training", file=terminal.stdout)
        if manner in ("talkative", "unserved"):
            while not (path / "enough").exists() and commands.empty():
                listen(Notice(step=1, level="info", text="all is well"))
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
    live_training.run_training = run_training
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run, output_to(run.log_path) as terminal:
        last = train_headless(run, terminal, resume=False, on_hangup=on_hangup)
    (path / "reason").write_text(last.reason)
    print(last.reason)
"""
"""Headless training with a trainer that does as it is told (`obedient`), that never ends (`stubborn`), or that says
something all the time until there is a file RUN/enough (`talkative`; when `unserved`, with a server that breaks)."""


def stand_in(path: Path, manner: str, on_hangup: str = "continue") -> list[str]:
    """The command that trains headless with a stand-in."""
    return [sys.executable, "-c", textwrap.dedent(STAND_IN), str(path), manner, on_hangup]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("manner", ["obedient", "stubborn"])
def test_signals_stop_first_gently_then_at_once(tmp_path: Path, number: signal.Signals, manner: str) -> None:
    command = stand_in(tmp_path / "run", manner)
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline() == "training\n"
            process.send_signal(number)
            assert process.stdout.readline() == "Stop(checkpoint=True)\n"
            assert process.stderr.readline() == "\n"
            assert process.stderr.readline().startswith("vae-tui: stopping, with a final checkpoint")
            if manner == "stubborn":
                process.send_signal(number)
                assert process.wait() == 130
            else:
                assert process.stdout.readline() == "stopped\n"
                assert process.wait() == 0
        finally:
            process.kill()


def test_a_viewer_attaches_commands_and_is_told_the_end(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(stand_in(run, "obedient"), env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "training\n"
            viewer = Viewer(run)
            viewer.send(Sample(label=3))
            assert process.stdout.readline() == "Sample(label=3)\n"
            viewer.until(Ended)
            viewer.leave()
            assert process.wait() == 0
        finally:
            process.kill()


def test_a_server_that_breaks_is_noted_and_training_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(stand_in(run, "unserved"), env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while "all is well" not in process.stdout.readline():
                assert process.poll() is None
            (run / "enough").touch()
            process.communicate()
            assert process.returncode == 0
        finally:
            process.kill()
    assert (run / "reason").read_text() == "finished"
    assert "ArithmeticError: the server is broken" in (run / "train.log").read_text()


class OnTerminal:
    """A command on a pseudo-terminal that can be cut.

    Args:
        command: The command.
        is_controlling: Whether the terminal is the controlling one of the process: it gets SIGHUP then.
    """

    def __init__(self, command: list[str], *, is_controlling: bool) -> None:
        self._controller, terminal = pty.openpty()
        self._shown = b""
        if is_controlling:  # whoever has a session and opens a terminal first is controlled by it
            take_over = f"import os, sys; os.close(os.open({os.ttyname(terminal)!r}, os.O_RDWR))"
            command = [sys.executable, "-c", f"{take_over}; os.execv(sys.argv[1], sys.argv[1:])", *command]
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, env=environment()
        )
        os.close(terminal)

    def read_until(self, text: bytes) -> None:
        """Read what is shown until a text has come."""
        while text not in self._shown:
            self._shown += os.read(self._controller, 1 << 16)

    def cut(self) -> None:
        """Hang up. What is being written fails."""
        os.close(self._controller)

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()


@pytest.mark.parametrize("is_controlling", [True, False], ids=["signal", "no signal"])
def test_training_goes_on_when_the_terminal_is_lost(tmp_path: Path, is_controlling: bool) -> None:
    """Where the terminal is not the controlling one, there is no signal: only writing fails."""
    run = tmp_path / "run"
    with OnTerminal(stand_in(run, "talkative"), is_controlling=is_controlling) as terminal:
        terminal.read_until(b"all is well")
        terminal.cut()
        time.sleep(1)
        assert terminal.process.poll() is None
        viewer = Viewer(run)  # it can still be reached
        (run / "enough").touch()
        viewer.until(Ended)
        viewer.leave()
        assert terminal.process.wait(PATIENCE) == 0
    assert (run / "reason").read_text() == "finished"
    assert not (run / "train.log").read_text()


@pytest.mark.parametrize("is_controlling", [True, False], ids=["signal", "no signal"])
def test_training_stops_when_the_terminal_is_lost_if_that_is_wanted(tmp_path: Path, is_controlling: bool) -> None:
    run = tmp_path / "run"
    with OnTerminal(stand_in(run, "talkative", "stop"), is_controlling=is_controlling) as terminal:
        terminal.read_until(b"all is well")
        terminal.cut()
        assert terminal.process.wait(PATIENCE) == 0
    assert (run / "reason").read_text() == "stopped"


def test_signals_are_obeyed_on_a_terminal_that_is_stuck(tmp_path: Path) -> None:
    """Nobody reads what is written, until the terminal takes no more: the trainer waits in the middle of a line."""
    run = tmp_path / "run"
    with OnTerminal(stand_in(run, "talkative"), is_controlling=True) as terminal:
        terminal.read_until(b"all is well")
        time.sleep(1)
        terminal.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(PATIENCE) == 130


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As under nohup, and for what a shell without job control has put in the background."""
    run = tmp_path / "run"
    command = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *stand_in(run, "talkative", "stop")]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"training\n"
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert process.poll() is None
            (run / "enough").touch()
            process.communicate()
        finally:
            process.kill()
    assert (run / "reason").read_text() == "finished"
