"""ctrl+z, `bg` and `fg` on the app itself, in a real shell."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from pseudoterminal import is_alive
from tmux import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

SCRIPTED = Path(__file__).parents[1] / "tui"
PROGRAM = """
import os, sys
from pathlib import Path
from scripted import ScriptedSession, make_app, opening, state, training
from vae_tui.core.commands import Pause, Resume
from vae_tui.core.events import RunState
from vae_tui.tui import session

class Obedient(ScriptedSession):
    def send(self, command):
        print(type(command).__name__, file=said, flush=True)
        if isinstance(command, Pause | Resume):
            self.post(state(RunState.PAUSED if isinstance(command, Pause) else RunState.TRAINING, 105))

said = open("said", "w")
Path("pid").write_text(str(os.getpid()))
make_app(Obedient((*opening(), *training(105)), getattr(session, sys.argv[1]))).run()
print("good bye")
"""


def start(terminal: Terminal, folder: Path, role: str) -> None:
    (folder / "program.py").write_text(PROGRAM)
    terminal.type(f"PYTHONPATH={SCRIPTED} {sys.executable} program.py {role}")
    terminal.wait_for("105 of 4,270")


def said(folder: Path) -> list[str]:
    """The commands that the session was sent."""
    return (folder / "said").read_text().split()


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


def test_the_screen_comes_back_whole_at_its_new_size_and_the_owners_run_waits(
    terminal: Terminal, tmp_path: Path
) -> None:
    start(terminal, tmp_path, "OWNER")
    terminal.wait_for(lambda: is_whole(terminal, 120, 40))
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    assert said(tmp_path) == ["Pause"]
    terminal.resize(104, 34)
    terminal.type("clear; bg")
    terminal.wait_for("program.py OWNER &")
    terminal.wait_for(lambda: terminal.type("jobs") or "Stopped" in terminal.screen())
    assert terminal.variable("alternate_on") == "0", "without a terminal it stays away"
    assert said(tmp_path) == ["Pause"]
    terminal.type("clear; fg")
    terminal.wait_for(lambda: is_whole(terminal, 104, 34))
    terminal.wait_for(lambda: said(tmp_path) == ["Pause", "Resume"])
    terminal.wait_for("● training")

    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTSTP)
    terminal.wait_for("Stopped")
    terminal.resize(120, 40)
    terminal.type("clear; fg")
    terminal.wait_for(lambda: is_whole(terminal, 120, 40))
    terminal.wait_for(lambda: said(tmp_path) == ["Pause", "Resume"] * 2)
    terminal.press("d")
    terminal.wait_for("good bye")
    assert terminal.variable("alternate_on") == "0"


def test_a_viewer_goes_away_alone_and_keys_work_when_it_is_back(terminal: Terminal, tmp_path: Path) -> None:
    start(terminal, tmp_path, "VIEWER")
    for number in (signal.SIGTSTP, signal.SIGSTOP):
        os.kill(int((tmp_path / "pid").read_text()), number)
        terminal.wait_for("Stopped")
        terminal.type("clear; echo over the screen; fg")
        terminal.wait_for(lambda: is_whole(terminal, 120, 40))
        assert said(tmp_path) == []
    # What is typed before the screen has been taken again is dropped, and the frame seen may be older than that.
    terminal.wait_for(lambda: said(tmp_path) or terminal.press("c"))
    assert set(said(tmp_path)) == {"Checkpoint"}
    terminal.press("d")
    terminal.wait_for("good bye")


def test_the_run_does_not_wait_for_a_terminal_that_is_gone(terminal: Terminal, tmp_path: Path) -> None:
    start(terminal, tmp_path, "OWNER")
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    assert said(tmp_path) == ["Pause"]
    screen = int((tmp_path / "pid").read_text())
    for number in (signal.SIGHUP, signal.SIGCONT):  # what a suspended job is sent
        os.kill(screen, number)
    terminal.wait_for(lambda: said(tmp_path) == ["Pause", "Resume"])
    terminal.wait_for(lambda: not is_alive(screen))
