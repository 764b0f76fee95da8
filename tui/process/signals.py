"""Handle the signals that stop a run, even while the main thread is stuck."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum

ASK_TO_STOP = signal.SIGUSR1
"""Requests a stop as the first SIGTERM does, but never forces it: a service manager sends SIGTERM to every process of a
job, so the app may have received it before the supervisor forwards it."""

STOPPING = (signal.SIGINT, signal.SIGTERM, ASK_TO_STOP)
"""The signals that stop a run."""

TOGETHER_SECONDS = 0.3
"""Signals within this time count as one: a job may get a signal both as a process and as a group."""


class SignalPipe:
    """Receive the signals of this process through a pipe.

    Python's C handler writes a signal's number to the pipe at once, in any thread; Python-level handlers would wait for
    the main thread. To be created in the main thread.

    Args:
        numbers: The signals to receive.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _do_nothing) for number in numbers}

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._reading

    def read(self) -> list[signal.Signals]:
        """Wait for a signal, and return all that have arrived, in order."""
        return [signal.Signals(number) for number in os.read(self._reading, 4096) if number in self._before]

    def poll(self, seconds: float | None) -> list[signal.Signals]:
        """Return the signals that have arrived.

        It waits up to `seconds` (None: no limit) for the first one.
        """
        return self.read() if select.select([self], [], [], seconds)[0] else []

    def wake(self) -> None:
        """Make `read` return without a signal."""
        os.write(self._writing, b"\0")

    def close(self) -> list[signal.Signals]:
        """Restore the previous signal handlers, except where others were set since. Return the signals not read."""
        for number, handler in self._before.items():
            if signal.getsignal(number) is _do_nothing:
                signal.signal(number, signal.SIG_IGN if number == ASK_TO_STOP else handler)  # it may arrive late
        unread = self.poll(0)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reading)
        os.close(self._writing)
        return unread


class SignalThread:
    """Handle signals in a separate thread, as a context manager.

    A main thread that hangs, in a write to a stuck terminal or because of a bug, delays no signal.

    Args:
        handle: Called with each signal.
        numbers: The signals to handle; they are unblocked.
    """

    def __init__(self, handle: Callable[[signal.Signals], None], numbers: Iterable[signal.Signals]) -> None:
        self._handle = handle
        self._numbers = tuple(numbers)
        self._is_over = False

    def __enter__(self) -> SignalThread:
        self._pipe = SignalPipe(self._numbers)
        self._thread = threading.Thread(target=self._work, name="signals", daemon=True)
        self._thread.start()
        self._mask_before = signal.pthread_sigmask(signal.SIG_UNBLOCK, self._numbers)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)  # block them again, as in a child that is ending
        self._is_over = True
        self._pipe.wake()
        self._thread.join()
        self._pipe.close()

    def _work(self) -> None:
        while not self._is_over:
            for number in self._pipe.read():
                self._handle(number)


class Request(Enum):
    """The effect of a signal that stops a process."""

    STOP = "stop"
    """Stop cleanly."""
    END = "end at once"
    NOTHING = "nothing new"


class StopSignals:
    """Count the stop signals: the first requests a stop, a later one forces it."""

    def __init__(self) -> None:
        self._insists_from = float("inf")
        self._is_asked = False

    def count(self, number: signal.Signals) -> Request:
        """Count one of the STOPPING signals. Return its effect."""
        now = time.monotonic()
        if number != ASK_TO_STOP:
            if now > self._insists_from:
                return Request.END
            self._insists_from = min(self._insists_from, now + TOGETHER_SECONDS)
        if self._is_asked:
            return Request.NOTHING
        self._is_asked = True
        return Request.STOP


def write_at_once(descriptor: int, text: bytes) -> None:
    """Write to a descriptor unless that would block.

    A signal must not wait for a stuck terminal.
    """
    with contextlib.suppress(OSError):
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, text)


def _do_nothing(number: int, frame: object) -> None:
    """Do nothing: only numbers with a Python handler go to the pipe."""
