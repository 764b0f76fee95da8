"""The terminal's driver: Textual's own, with a counter of what it writes and an end when the terminal is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from textual import events
from textual.driver import Driver

from .terminal import Guarded

LOOK_SECONDS = 0.5
"""Time between two looks whether the terminal is still there."""


def metered_driver_class(base: type[Driver], count: Callable[[int], None]) -> type[Driver]:
    """A driver like `base` that reports the bytes which it writes, and ends the process when a real terminal is gone.

    Args:
        base: The driver class that Textual has chosen for this platform (`App.get_driver_class`).
        count: Called with the number of bytes of each write, in the thread that writes.
    """

    class MeteredDriver(base):
        """Counts, then writes."""

        _file: Any
        _is_on = False
        _is_watched = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._is_terminals = hasattr(self, "input_tty")  # its own terminal may be gone already
            if self._is_terminals:
                self._file = Guarded(self._file, _ending_with_terminal)  # who writes may notice first that it is gone

        def write(self, data: str) -> None:
            """Write data to the terminal."""
            count(len(data.encode(errors="replace")))
            super().write(data)

        def _get_terminal_size(self) -> tuple[int, int]:
            """The terminal's own size. Textual believes COLUMNS and LINES first: a shell that has exported them keeps
            saying what they were when the app was started."""
            if self._is_terminals:
                with contextlib.suppress(OSError):
                    columns, lines = os.get_terminal_size(0)
                    if columns and lines:  # a terminal need not know
                        return columns, lines
            return super()._get_terminal_size()  # type: ignore[misc]

        def start_application_mode(self) -> None:
            """Take the terminal, and watch from now on whether it is still there."""
            self._is_on = True
            if self._is_terminals and not self._is_watched:
                self._is_watched = True
                threading.Thread(target=_watch_terminal, name="terminal-watch", daemon=True).start()
            super().start_application_mode()
            if self.is_web:  # which says at first that nobody looks: the footer would stay empty until a click
                self._app.call_later(self._app.post_message, events.AppFocus())

        def suspend_application_mode(self) -> None:
            """Leave the terminal to others; nothing when that has been done."""
            if self._is_on:
                self._is_on = False
                super().suspend_application_mode()

        def resume_application_mode(self) -> None:
            """Take the terminal again; nothing when it is taken: SIGCONT may come at any time."""
            if not self._is_on:
                super().resume_application_mode()

    return MeteredDriver


def _watch_terminal() -> None:
    """Wait until the terminal on standard input has been hung up."""
    with _ending_with_terminal():
        while termios.tcgetattr(0):
            time.sleep(LOOK_SECONDS)


@contextlib.contextmanager
def _ending_with_terminal() -> Iterator[None]:
    """When the terminal turns out to be gone, end this process as the signal of a hang-up does.

    Where the terminal is not this session's there is no such signal. Textual itself would read the end of its input
    again and again, and wait for ever for what it wrote to be taken.
    """
    try:
        yield
    except BlockingIOError:  # there, but stuck
        raise
    except (OSError, termios.error):
        os.kill(os.getpid(), signal.SIGHUP)
