"""The processes of a run, as the operating system lists them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def processes_of(run: Path, *words: str) -> list[int]:
    """The processes whose command line names a run's directory and has all of these words."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    found = []
    for line in listed.splitlines():
        pid, state, command = line.split(maxsplit=2)
        arguments = command.split()
        if not state.startswith("Z") and any(str(run) in each for each in arguments) and set(words) <= set(arguments):
            found.append(int(pid))
    return found


def host_of(run: Path) -> int | None:
    """The process that trains a run, if it has one of its own."""
    return next(iter(processes_of(run, "vae_tui.tui.host")), None)


def end_processes_of(run: Path) -> None:
    """Kill whatever a test has left."""
    for pid in processes_of(run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
