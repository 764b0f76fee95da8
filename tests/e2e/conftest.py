"""What the tests in a real terminal share."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import Terminal
from vae_tui.core.rundir import holder


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A shell in a terminal of its own, ready for a command. What is still trained afterwards is ended."""
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
