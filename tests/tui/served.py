"""`vae-tui serve` in a process of its own."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from command import COMMAND, environment
from hosted import PATIENCE


@contextlib.contextmanager
def served(run: Path, *arguments: str, through: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`vae-tui serve` on a free port, and its address. If it is still there at the end, it must end well.

    Args:
        run: The run's directory.
        arguments: More arguments.
        through: A command that runs it.
    """
    command = [*through, *COMMAND, "serve", str(run), "--port", "0", *arguments]
    colourful = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=colourful, preexec_fn=_obey_signals)
    try:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(4)]
        assert server.poll() is None, lines
        address = lines[1].split()[1]
        assert lines[2].split()[:3] == ["remotely", "ssh", "-N"]
        yield server, address
        if server.poll() is None:
            server.terminate()
            assert server.wait(PATIENCE) == 0
    finally:
        server.kill()
        server.wait()


def _obey_signals() -> None:
    """Whatever the tests themselves ignore, as under `nohup`."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def viewers_of(server: subprocess.Popen[str]) -> list[int]:
    """The processes that a server has started and that are still there."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listing.splitlines()]
    return [pid for pid, parent in pairs if parent == server.pid]
