"""Redirect output to a log while the screen is shown; restore terminals.

Python code and native code write to the file descriptors 1 and 2, so these are redirected to the log. The terminal
stays reachable through duplicates. Textual draws on `sys.__stderr__` and gets the size of the terminal from
`sys.__stdout__`: both become the duplicates.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ...core.errors import RunError
from ...core.files import open_regular

LEAVE_SCREEN = (
    b"\x1b\\"  # end of any unfinished control string
    b"\x1b[?2026l"  # synchronized output
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # the mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # bracketed paste, focus, sizes as keys
    b"\x1b[?7h"  # lines wrap
    b"\x1b[<u"  # Kitty's keyboard mode; each screen has its own, so before leaving the alternate one
    b"\x1b[?1049l\x1b[?25h\x1b[0m"  # the screen, the cursor, the colors
)
"""The escape sequences with which a full-screen program leaves, whatever modes it had switched on."""

_WRITE_SECONDS = 1.0
"""How long to wait for a terminal before its pending output is discarded: its link may be stuck."""

_RETRY_SECONDS = 0.005
"""Time between two attempts to write to a terminal that takes nothing at the moment."""


@dataclass(frozen=True)
class Terminal:
    """Standard output and standard error as they were before redirection."""

    stdout: TextIO
    stderr: TextIO


@contextlib.contextmanager
def output_to(log: Path) -> Iterator[Terminal]:
    """Append everything that is printed to a log file, including Python's logging and warnings.

    Raises:
        RunError: when the log cannot be written.
    """
    try:
        target = open_regular(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise RunError(f"cannot write {log}: {error.strerror}") from error
    terminal = Terminal(stdout=_duplicate(1), stderr=_duplicate(2))
    python_streams = sys.__stdout__, sys.__stderr__
    flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    sys.__stdout__, sys.__stderr__ = terminal.stdout, terminal.stderr  # type: ignore[misc]
    try:
        with _python_logging_to(log):
            yield terminal
    finally:
        flush()
        let_go_of_terminal((1, 2))  # what the log had no room for must not reach the terminal
        flush()
        sys.__stdout__, sys.__stderr__ = python_streams  # type: ignore[misc]
        os.dup2(terminal.stdout.fileno(), 1)
        os.dup2(terminal.stderr.fileno(), 2)
        terminal.stdout.close()
        terminal.stderr.close()


def why_no_screen() -> str:
    """Return why the app cannot be shown here, or ""."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error output", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"standard {name} is not a terminal"
    if not can_move_cursor():
        return "this terminal cannot move its cursor (TERM)"
    return ""


def can_move_cursor() -> bool:
    """Return whether the terminal can move its cursor, according to TERM."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


class Guarded:
    """Wrap a text stream so that each write happens in a context manager.

    Args:
        stream: The stream.
        guard: Makes the context manager of a write, which may handle its errors.
    """

    def __init__(self, stream: TextIO, guard: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream = stream
        self._guard = guard

    def write(self, text: str) -> int:
        """Write a text; it counts as written when the guard suppresses an error."""
        with self._guard():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        with self._guard():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TerminalModes:
    """Store the modes of the terminal on standard input, if any."""

    def __init__(self) -> None:
        self._attributes: list[Any] | None = None
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(0)

    def restore(self) -> None:
        """Restore the modes, even from the background. Nothing happens when the terminal is gone."""
        if self._attributes is None:
            return
        with contextlib.suppress(termios.error), from_background():
            if termios.tcgetattr(0) != self._attributes:
                termios.tcsetattr(0, termios.TCSANOW, self._attributes)
                termios.tcflush(0, termios.TCIFLUSH)  # discard unread mouse reports


def leave_screen() -> None:
    """Send LEAVE_SCREEN to the terminal on standard input, even from the background; do nothing without one."""
    with contextlib.suppress(termios.error, OSError), from_background():
        _write_at_once(os.ttyname(0), LEAVE_SCREEN)


def foreground_group() -> int | None:
    """Return the terminal's foreground process group, or None without one."""
    try:
        return os.tcgetpgrp(0)
    except OSError:
        return None


def put_in_foreground(group: int) -> None:
    """Put a process group in the foreground, even from the background. Errors are ignored."""
    with contextlib.suppress(OSError), from_background():
        os.tcsetpgrp(0, group)


def let_go_of_terminal(descriptors: Iterable[int] = (0, 1, 2)) -> None:
    """Replace a terminal, or a log, by /dev/null, which no write fails on."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)


def give_up_controlling_terminal() -> None:
    """Detach this process from its controlling terminal and its signals.

    The process must not be the leader of its session.
    """
    with contextlib.suppress(OSError):  # there is none
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.ioctl(terminal, termios.TIOCNOTTY)
        finally:
            os.close(terminal)


@contextlib.contextmanager
def from_background() -> Iterator[None]:
    """Block SIGTTOU, so that terminal calls from the background do not stop this thread."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write_at_once(terminal: str, data: bytes) -> None:
    """Write to a terminal; discard its pending output if it is stuck. Raises OSError."""
    descriptor = os.open(terminal, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)  # others may want theirs to block
    try:
        if not _write_within(_WRITE_SECONDS, descriptor, data):
            termios.tcflush(descriptor, termios.TCOFLUSH)
            _write_within(0, descriptor, data)
    finally:
        os.close(descriptor)


def _write_within(seconds: float, descriptor: int, data: bytes) -> bool:
    """Write to a descriptor that does not block. Return whether it took all the data in time."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(BlockingIOError):  # it is full, or another process is in the middle of a write
            data = data[os.write(descriptor, data) :]
        if not data or time.monotonic() > deadline:
            return not data
        time.sleep(_RETRY_SECONDS)


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
        with contextlib.suppress(OSError):  # as for `flush`
            handler.close()


def _duplicate(descriptor: int) -> TextIO:
    """Open a text stream on a duplicate of a descriptor."""
    return open(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="replace")


def end_process(code: int) -> NoReturn:
    """End this process at once.

    Threads in native code would crash while the interpreter shuts down.
    """
    flush()
    os._exit(code)


def flush() -> None:
    """Flush the output buffers of Python and the C library; errors are ignored."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # a full disk or a lost reader must not prevent the cleanup
                stream.flush()
    ctypes.CDLL(None).fflush(None)
