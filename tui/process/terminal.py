"""The terminal, kept clean: what libraries print goes to a log while the screen is shown; then all is as it was before.

Python code and native code alike write to the file descriptors 1 and 2, so these are pointed at the log. The
terminal itself stays reachable through duplicates. Textual draws on `sys.__stderr__` and asks `sys.__stdout__`
for the size of the terminal: both become the duplicates.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ...core.errors import RunError

LEAVE_SCREEN = (
    b"\x1b\\"  # whatever string was being sent ends here
    b"\x1b[?2026l"  # synchronised output
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # the mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # bracketed paste, focus, sizes as keys
    b"\x1b[?7h"  # lines wrap
    b"\x1b[<u"  # Kitty's keyboard; each screen has its own, so before the alternate one is left
    b"\x1b[?1049l\x1b[?25h\x1b[0m"  # the screen, the cursor, the colours
)
"""What a full-screen program says to a terminal when it leaves, whatever it had switched on."""

_WRITE_SECONDS = 1.0
"""How long a terminal may take until it can be told that: one whose link is stuck takes nothing."""


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
    if not can_move_cursor():
        return "this terminal cannot move its cursor (TERM)"
    return ""


def can_move_cursor() -> bool:
    """Whether a terminal here can write over what it shows; TERM knows."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


class Guarded:
    """A text stream that is written to under a guard.

    Args:
        stream: The stream.
        guard: Makes what each write happens in; it may deal with what fails.
    """

    def __init__(self, stream: TextIO, guard: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream = stream
        self._guard = guard

    def write(self, text: str) -> int:
        """Write a text, which counts as written when the guard lets it pass."""
        with self._guard():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what is held back."""
        with self._guard():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TerminalModes:
    """How the terminal on standard input is set when this is made; without a terminal, nothing is done."""

    def __init__(self) -> None:
        self._attributes: list[Any] | None = None
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(0)

    def restore(self, *, screen: bool) -> None:
        """Set it so again, from the background too. A terminal that is gone is left as it is.

        Args:
            screen: Whether a full-screen program may not have left properly: undo what that switches on.
        """
        if self._attributes is None:
            return
        with contextlib.suppress(termios.error), _from_background():
            if termios.tcgetattr(0) != self._attributes:
                termios.tcsetattr(0, termios.TCSANOW, self._attributes)
                termios.tcflush(0, termios.TCIFLUSH)  # movements of the mouse that nobody has read
        if screen:
            with contextlib.suppress(termios.error, OSError), _from_background():
                _write_at_once(os.ttyname(0), LEAVE_SCREEN)


def foreground_group() -> int | None:
    """The process group that may read from the terminal on standard input; None when that controls no session."""
    try:
        return os.tcgetpgrp(0)
    except OSError:
        return None


def put_in_foreground(group: int) -> None:
    """Give the terminal to a process group, from the background too; nothing if that cannot be."""
    with contextlib.suppress(OSError), _from_background():
        os.tcsetpgrp(0, group)


def let_go_of_terminal(descriptors: Iterable[int] = (0, 1, 2)) -> None:
    """Put nothing in the place of a terminal that is gone: what reads finds the end, and no write fails."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)


def give_up_controlling_terminal() -> None:
    """Let no signal of the terminal reach this process any more, which is not the leader of its session."""
    with contextlib.suppress(OSError):  # it has none
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.ioctl(terminal, termios.TIOCNOTTY)
        finally:
            os.close(terminal)


@contextlib.contextmanager
def _from_background() -> Iterator[None]:
    """Do not stop this thread for what only processes in the foreground may do."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write_at_once(terminal: str, data: bytes) -> None:
    """Write to a terminal, in the place of what waits to be shown there if that is stuck. Raises OSError."""
    descriptor = os.open(terminal, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)  # others may want theirs to block
    try:
        if not select.select([], [descriptor], [], _WRITE_SECONDS)[1]:
            termios.tcflush(descriptor, termios.TCOFLUSH)
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


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
    """A text stream of its own on the same file or terminal."""
    return open(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="replace")


def end_process(code: int) -> NoReturn:
    """End this process at once. Threads that are in native code would crash while the interpreter is taken down."""
    flush()
    os._exit(code)


def flush() -> None:
    """Send what Python and the C library still hold back to where it was printed for, if that takes it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # a full disk or a lost reader is no reason to leave a mess
                stream.flush()
    ctypes.CDLL(None).fflush(None)
