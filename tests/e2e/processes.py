"""The processes of a run, as the operating system lists them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from vae_tui.core.run.rundir import holder


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


def trainer_of(run: Path) -> int:
    """The process that trains a run: it holds the run's lock."""
    trainer = holder(run)
    assert trainer is not None, f"no process trains {run}"
    return trainer


def parent_of(pid: int) -> int:
    """The parent of a process."""
    command = ["ps", "-o", "ppid=", "-p", str(pid)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def end_processes_of(run: Path) -> None:
    """Kill whatever a test has left."""
    for pid in processes_of(run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
