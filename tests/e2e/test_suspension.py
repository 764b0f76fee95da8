"""ctrl+z, `bg` and `fg` on the app itself, in a real shell and without a supervisor."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from pseudoterminal import is_alive, state_of
from tmux import Terminal

pytestmark = pytest.mark.e2e

SCRIPTED = Path(__file__).parents[1] / "tui"
PROGRAM = """
import itertools, os, sys, threading, time
from pathlib import Path
from scripted import ScriptedSession, metrics, opening, training
from vae_tui.core.config import Config
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.session import session
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.app.screen_process import view

class Going(ScriptedSession):
    # Takes a step every now and then, and writes down what it is told.
    def start(self, post):
        super().start(post)
        threading.Thread(target=self.go_on, daemon=True).start()

    def go_on(self):
        for step in itertools.count(106):
            time.sleep(0.1)
            self.post(metrics(step, step))
            Path("newest").write_text(str(step))
            os.replace("newest", "step")

    def send(self, command):
        print(type(command).__name__, file=told, flush=True)

told = open("told", "w")
Path("pid").write_text(str(os.getpid()))
going = Going((*opening(), *training(105)), getattr(session, sys.argv[1]))
print("left as", view(VaeTuiApp, going, Path(), Config(), ScreenOptions()))
"""


def start(terminal: Terminal, folder: Path, role: str) -> int:
    """Start the app. Return its process."""
    (folder / "program.py").write_text(PROGRAM)
    terminal.type(f"PYTHONPATH={SCRIPTED} {sys.executable} program.py {role}")
    terminal.wait_for("of 4,270")
    terminal.wait_for(lambda: is_whole(terminal, 120, 40))
    terminal.wait_for((folder / "step").exists)
    return int((folder / "pid").read_text())


def told(folder: Path) -> list[str]:
    """The commands that the session was sent."""
    return (folder / "told").read_text().split()


def is_whole(terminal: Terminal, width: int, height: int) -> bool:
    """Whether the screen has panels from edge to edge, in the terminal's size, and the keys below them."""
    lines = terminal.screen().splitlines()
    return (
        len(lines) == height
        and lines[0].startswith("╭─ loss")
        and len(lines[0]) == width
        and lines[0].endswith("╮")
        and any(line.startswith("╰") and len(line) == width for line in lines)
        and "space pause" in lines[-1]
    )


def step_shown(terminal: Terminal) -> int:
    shown = re.search(r"step +([\d,]+) of ", terminal.screen())
    return int(shown[1].replace(",", "")) if shown else 0


def step_of(folder: Path) -> int:
    """The last step that the session has taken."""
    return int((folder / "step").read_text())


def wait_for_steps(terminal: Terminal, folder: Path, steps: int = 1) -> None:
    """Wait until the session has gone on."""
    step = step_of(folder)
    terminal.wait_for(lambda: step_of(folder) >= step + steps)


def wait_until_suspended(terminal: Terminal, process: int) -> None:
    terminal.wait_for("Stopped")
    terminal.wait_for(lambda: state_of(process) == "T")
    assert terminal.variable("alternate_on") == "0"


@pytest.mark.parametrize("role", ["OWNER", "VIEWER"])
@pytest.mark.parametrize("way", ["key", "SIGTSTP", "SIGSTOP"])
def test_the_screen_comes_back_whole_at_its_new_size(terminal: Terminal, tmp_path: Path, role: str, way: str) -> None:
    process = start(terminal, tmp_path, role)
    if way == "key":
        terminal.press("C-z")
    else:
        os.kill(process, getattr(signal, way))
    terminal.wait_for("Stopped")
    step = step_of(tmp_path)
    terminal.resize(104, 34)
    terminal.type("clear; echo over the screen; fg")
    terminal.wait_for(lambda: is_whole(terminal, 104, 34))
    terminal.wait_for(lambda: step_shown(terminal) > step)
    assert told(tmp_path) == [], "the run is not told of it"
    # What is typed before the screen has been taken again is dropped, and the frame seen may be older than that.
    terminal.wait_for(lambda: told(tmp_path) or terminal.press("c"))
    assert set(told(tmp_path)) == {"Checkpoint"}
    terminal.press("d")
    terminal.wait_for("left as Detached()")
    assert terminal.variable("alternate_on") == "0"


def test_in_the_background_the_screen_stays_away(terminal: Terminal, tmp_path: Path) -> None:
    process = start(terminal, tmp_path, "OWNER")
    terminal.press("C-z")
    wait_until_suspended(terminal, process)
    step = step_of(tmp_path)
    terminal.type("bg")
    terminal.wait_for(lambda: step_of(tmp_path) > step)
    terminal.resize(104, 34)
    terminal.type("clear; jobs; echo shell $((6 * 7))")
    terminal.wait_for("shell 42")
    shown = terminal.screen()
    assert "Running" in shown
    wait_for_steps(terminal, tmp_path, 20)
    assert terminal.screen() == shown, "it does not draw"
    assert terminal.variable("alternate_on") == "0"
    step = step_of(tmp_path)
    terminal.type("clear; fg")
    terminal.wait_for(lambda: is_whole(terminal, 104, 34))
    terminal.wait_for(lambda: step_shown(terminal) > step)
    assert told(tmp_path) == []

    os.kill(process, signal.SIGTSTP)  # and again
    wait_until_suspended(terminal, process)
    terminal.resize(120, 40)
    terminal.type("clear; fg")
    terminal.wait_for(lambda: is_whole(terminal, 120, 40))
    terminal.press("d")
    terminal.wait_for("left as Detached()")


@pytest.mark.parametrize("is_in_background", [False, True])
def test_a_hang_up_ends_a_suspended_screen(terminal: Terminal, tmp_path: Path, is_in_background: bool) -> None:
    process = start(terminal, tmp_path, "OWNER")
    terminal.press("C-z")
    wait_until_suspended(terminal, process)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: state_of(process) != "T")
        wait_for_steps(terminal, tmp_path)
    for number in (signal.SIGHUP, signal.SIGCONT):  # what a suspended job is sent
        os.kill(process, number)
    terminal.wait_for(lambda: not is_alive(process))
    assert told(tmp_path) == []
    assert terminal.variable("alternate_on") == "0"


@pytest.mark.parametrize("is_in_background", [False, True])
def test_a_signal_ends_a_suspended_screen(terminal: Terminal, tmp_path: Path, is_in_background: bool) -> None:
    process = start(terminal, tmp_path, "VIEWER")
    terminal.press("C-z")
    wait_until_suspended(terminal, process)
    if is_in_background:
        terminal.type("bg")
        terminal.wait_for(lambda: state_of(process) != "T")
        wait_for_steps(terminal, tmp_path)
    for number in (signal.SIGTERM, signal.SIGCONT):
        os.kill(process, number)
    terminal.wait_for("left as")
    terminal.wait_for(lambda: not is_alive(process))
    assert told(tmp_path) == []
    assert terminal.variable("alternate_on") == "0"
