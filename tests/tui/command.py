"""Runs the real command: in a process of its own, as a user's shell does, or in this one, which is quicker."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from pseudoterminal import PseudoTerminal, state_of
from vae_tui.tui.cli.command_line import app

COMMAND = (sys.executable, "-c", "from vae_tui.tui.cli import main; main()")


def environment() -> dict[str, str]:
    """An environment in which nothing of the user's own is read, written or reached."""
    return os.environ | {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100", "JAX_PLATFORMS": "cpu"}


@dataclass(frozen=True)
class Answer:
    """What a command ended with."""

    code: int
    stdout: str
    stderr: str

    def assert_refused(self, said: str) -> None:
        """Exit code 2 and one line that says why."""
        assert self.code == 2, self
        assert said in self.stderr
        assert self.stderr.startswith("vae-tui: ")
        assert self.stderr.count("\n") == 1, self.stderr
        assert self.stdout == ""


def vae_tui(*arguments: object, cwd: Path) -> Answer:
    """Run `vae-tui` to its end, in a process of its own and without a terminal."""
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(result.returncode, result.stdout, result.stderr)


class Commands:
    """Runs commands in this process, where JAX is loaded already, from a working directory."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *arguments: object) -> Answer:
        self._capfd.readouterr()
        code = app.meta([str(argument) for argument in arguments])
        out, err = self._capfd.readouterr()
        return Answer(code, out, err)


def run_on_terminal(code: str, *arguments: str, keys: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run Python code on a pseudo-terminal of 100x30 cells.

    Args:
        code: The program; its exit code must be 0.
        arguments: What it finds in sys.argv.
        keys: What is typed once a text has appeared on the terminal, in this order.

    Returns:
        Everything that was sent to the terminal, with plain line ends.
    """
    command = (sys.executable, "-c", textwrap.dedent(code), *arguments)
    with PseudoTerminal(*command, cwd=Path.cwd(), environment=environment(), size=(100, 30)) as terminal:
        for text, typed in keys.items():
            terminal.wait_for(text)
            terminal.wait_for(lambda: state_of(terminal.process.pid) == "S")  # Python's input() misses an early ctrl+c
            terminal.type(typed)
        assert terminal.wait() == 0, terminal.text
        assert terminal.modes == terminal.modes_before
    return terminal.shown.decode().replace("\r\n", "\n")
