"""What the tests in a real terminal share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A shell in a terminal of its own, ready for a command."""
    terminal = Terminal(tmp_path)
    try:
        terminal.wait_for(lambda: terminal.screen().strip())  # the prompt
        yield terminal
    finally:
        terminal.close()
