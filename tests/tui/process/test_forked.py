"""A call in a child process: how an error in the child is reported."""

from __future__ import annotations

import subprocess
import sys

import pytest
from vae_tui.tui.process.exit_codes import INTERRUPTED

pytestmark = pytest.mark.process

PROGRAM = """
import sys
from vae_tui.tui.process.forked import call_in_fork

def interrupt():
    raise KeyboardInterrupt

sys.exit(call_in_fork({function}).code)
"""


def call(function: str) -> subprocess.CompletedProcess[str]:
    """Call a function in a child of a new process. Return how that process ended."""
    command = (sys.executable, "-c", PROGRAM.format(function=function))
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_error_in_the_child_is_printed_once() -> None:
    ended = call("lambda: 1 / 0")
    assert ended.returncode == 1
    assert ended.stderr.count("Traceback") == 1
    assert ended.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_an_interruption_is_no_error() -> None:
    ended = call("interrupt")
    assert (ended.returncode, ended.stderr) == (INTERRUPTED, "")
