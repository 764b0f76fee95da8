"""The terminal, kept clean: while a run goes on, whatever libraries print goes to the run's log.

Python code and native code alike write to the file descriptors 1 and 2, so these are pointed at the log. The
terminal itself stays reachable through duplicates. Textual draws on `sys.__stderr__` and asks `sys.__stdout__`
for the size of the terminal: both become the duplicates.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ..core.errors import RunError

INTERRUPTED = 130
"""The exit code of a process that was ended from the keyboard."""


@dataclass(frozen=True)
class Terminal:
    """What was standard output and standard error before they were pointed elsewhere."""

    stdout: TextIO
    stderr: TextIO


@contextlib.contextmanager
def output_to(log: Path) -> Iterator[Terminal]:
    """Send everything that is printed to a log file; it is appended to. Python's logging and warnings go there too.

    Raises:
        RunError: when the log cannot be written.
    """
    try:
        target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise RunError(f"cannot write {log}: {error.strerror}") from error
    terminal = Terminal(stdout=_duplicate(1), stderr=_duplicate(2))
    python_streams = sys.__stdout__, sys.__stderr__
    _flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    sys.__stdout__, sys.__stderr__ = terminal.stdout, terminal.stderr  # type: ignore[misc]
    try:
        with _python_logging_to(log):
            yield terminal
    finally:
        _flush()
        sys.__stdout__, sys.__stderr__ = python_streams  # type: ignore[misc]
        os.dup2(terminal.stdout.fileno(), 1)
        os.dup2(terminal.stderr.fileno(), 2)
        terminal.stdout.close()
        terminal.stderr.close()


def why_no_screen() -> str:
    """Why the app cannot be shown here, in a few words; empty when it can."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error output", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"standard {name} is no terminal"
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return "this terminal cannot move its cursor (TERM)"
    return ""


@contextlib.contextmanager
def _python_logging_to(log: Path) -> Iterator[None]:
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(handler)
        handler.close()


def _duplicate(descriptor: int) -> TextIO:
    """A text stream of its own on the same file or terminal."""
    return open(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="replace")


def _flush() -> None:
    """Send what Python and the C library still hold back to where it was printed for."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    ctypes.CDLL(None).fflush(None)
