"""What the tests in a real terminal share."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import VAE_TUI
from processes import end_processes_of
from tmux import Terminal
from vae_tui.core.run.rundir import holder


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A shell in a terminal of its own, ready for a command. What is still trained afterwards is ended."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for(lambda: terminal.screen().strip())  # the prompt
        yield terminal
    finally:
        terminal.close()
        for lock in tmp_path.glob("**/lock"):
            pid = holder(lock.parent)
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A run's directory, not made yet; whatever is at work there in the end is ended."""
    run = tmp_path / "run"
    try:
        yield run
    finally:
        end_processes_of(run)


@pytest.fixture
def start_calm(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A function that starts a training undisturbed by any screen, which is stopped in the end."""
    calm = tmp_path / "calm"
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> Path:
        command = [VAE_TUI, *arguments, "--headless", "--run.dir", str(calm)]
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        started.append(process)
        return calm

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
            process.wait()
