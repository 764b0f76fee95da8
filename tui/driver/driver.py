"""Extend Textual's driver: count output, accept any input, and end with the terminal."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from textual import events
from textual.driver import Driver
from textual.message import Message

from ..process.terminal import Guarded
from .backlog import MAX_BACKLOG, Backlog
from .complaints import Complaints
from .input_loops import TerminalGoneError, read_packets, read_terminal
from .terminal_input import InputDecoder

POLL_SECONDS = 0.5
"""Time between two polls of the terminal's existence."""


def metered_driver_class(
    base: type[Driver], count: Callable[[int], None], watch: Callable[[Message], None]
) -> type[Driver]:
    """Make a hardened subclass of a driver that counts its output.

    It accepts any input, and ends with its terminal.

    Args:
        base: The driver class that Textual has chosen for this platform (`App.get_driver_class`).
        count: Called with the number of bytes of each write, in the thread that writes.
        watch: Called with each message of the input before the app gets it, in the thread that reads it.
    """

    class MeteredDriver(base):
        """Count the output, and accept any input."""

        _file: Any
        fileno: Any
        exit_event: Any
        on_meta: Any
        _input_reader: Any
        _is_on = False
        _is_watched = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            with _job_control_kept():
                super().__init__(*arguments, **options)
            self._is_terminals = hasattr(self, "input_tty")  # not by asking the terminal: it may be gone already
            if self._is_terminals:
                self._file = Guarded(self._file, _ending_with_terminal)  # a write may be the first to notice the loss

        def write(self, data: str) -> None:
            """Write data to the terminal."""
            count(len(data.encode(errors="replace")))
            super().write(data)

        def _get_terminal_size(self) -> tuple[int, int]:
            """Return the terminal's own size.

            Textual prefers COLUMNS and LINES: a shell that exports them gives the size at the start of the app, which
            may be outdated.
            """
            if self._is_terminals:
                with contextlib.suppress(OSError):
                    columns, lines = os.get_terminal_size(0)
                    if columns and lines:  # a terminal may report 0
                        return columns, lines
            return super()._get_terminal_size()  # type: ignore[misc]

        def start_application_mode(self) -> None:
            """Take the terminal, and start the thread that watches its existence."""
            self._is_on = True
            if self._is_terminals and not self._is_watched:
                self._is_watched = True
                threading.Thread(target=_watch_terminal, name="terminal-watch", daemon=True).start()
            super().start_application_mode()
            if self.is_web:  # its focus is off at first: the footer would stay empty until a click
                self._app.call_later(self._app.post_message, events.AppFocus())

        def run_input_thread(self) -> None:
            """Read the input of the terminal or the browser until the driver stops."""
            complaints = Complaints()
            backlog = Backlog(self._ask_progress)
            decoder = InputDecoder(is_flooded=backlog.is_full, complaints=complaints, debug=self._debug)

            def handle(message: Message) -> None:
                watch(message)
                if isinstance(message, events.Resize) or backlog.admit():  # the app handles only the latest size
                    self.process_message(message)
                else:
                    complaints.add(f"keys dropped: more than {MAX_BACKLOG} arrived faster than the app handles them")

            if self.is_web:
                with self._panicking():
                    read_packets(self._input_reader, decoder, handle, self.on_meta, complaints)
            elif self._is_terminals:
                try:
                    read_terminal(self.fileno, self.exit_event.is_set, decoder, handle)
                except TerminalGoneError:
                    _end_without_terminal()
            else:
                super().run_input_thread()  # type: ignore[misc]

        def _ask_progress(self, answer: Callable[[], None]) -> None:
            """Make the app call a function once it has handled all messages so far."""

            def pass_on() -> None:  # in the app's thread: the keys before it are now in the queue of the focused widget
                if not (self._app.focused or self._app.screen).call_later(answer):
                    answer()

            self.send_message(events.Callback(pass_on))

        @contextlib.contextmanager
        def _panicking(self) -> Iterator[None]:
            """End the app with a traceback when its input fails."""
            try:
                yield
            except Exception:
                from rich.traceback import Traceback

                logging.getLogger("vae_tui").exception("the input from the browser failed")
                self._app.call_later(self._app.panic, Traceback())
            finally:
                self._input_reader.close()

        def stop_application_mode(self) -> None:
            """Leave the terminal, unless that is done.

            In the background any change of it stops the process.
            """
            if self._is_on:
                super().stop_application_mode()
                self._is_on = False

        def disable_input(self) -> None:
            """Stop reading, unless the terminal has been left."""
            if self._is_on:
                super().disable_input()

        def suspend_application_mode(self) -> None:
            """Leave the terminal to other programs, unless that is done."""
            if self._is_on:
                super().suspend_application_mode()

        def resume_application_mode(self) -> None:
            """Take the terminal again, unless the driver has it.

            SIGCONT may arrive at any time.
            """
            if not self._is_on:
                super().resume_application_mode()

    return MeteredDriver


@contextlib.contextmanager
def _job_control_kept() -> Iterator[None]:
    """Keep the current handlers of job control; Textual's would interrupt the app."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():  # Textual changes them only there
            for number, handler in before.items():
                signal.signal(number, handler)


def _watch_terminal() -> None:
    """Wait until the terminal on standard input has been hung up."""
    with _ending_with_terminal():
        while termios.tcgetattr(0):
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def _ending_with_terminal() -> Iterator[None]:
    """End this process, as SIGHUP does, when its terminal is gone.

    There is no SIGHUP if the terminal does not control this session. Textual itself would read the end of its input in
    an endless loop, and wait forever for its output to be written.
    """
    try:
        yield
    except BlockingIOError:  # the terminal exists, but is stuck
        raise
    except (OSError, termios.error):
        _end_without_terminal()


def _end_without_terminal() -> None:
    """Send this process SIGHUP."""
    os.kill(os.getpid(), signal.SIGHUP)
