"""Signals: which of them end a training, and how a process learns of them even while its main thread is stuck."""

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
"""Asks a process to end as the first SIGTERM does, and never insists: a service manager tells every process of a job,
and the supervisor passes on what the app may have been told before."""

STOPPING = (signal.SIGINT, signal.SIGTERM, ASK_TO_STOP)
"""The signals that end a training."""

TOGETHER_SECONDS = 0.3
"""Two signals that are no further apart count as one: a job may be ended through its process and through its group."""


class SignalPipe:
    """The signals of this process, as something to wait for.

    The C handler of Python writes a signal's number to the pipe at once, in whichever thread the signal comes; Python's
    own handlers would wait for the main thread. To be made in the main thread.

    Args:
        numbers: The signals to take.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _do_nothing) for number in numbers}

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._reading

    def read(self) -> list[signal.Signals]:
        """Those that have come, in order; wait for the first one."""
        return [signal.Signals(number) for number in os.read(self._reading, 4096) if number in self._before]

    def poll(self, seconds: float | None) -> list[signal.Signals]:
        """Those that have come, or come within a time (None: however long it takes)."""
        return self.read() if select.select([self], [], [], seconds)[0] else []

    def wake(self) -> None:
        """Let `read` return, without a signal."""
        os.write(self._writing, b"\0")

    def close(self) -> None:
        """Handle the signals as before."""
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if number == ASK_TO_STOP else handler)  # which may come late
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reading)
        os.close(self._writing)


class SignalThread:
    """Calls a function for each signal, in a thread of its own: a context manager.

    A main thread that hangs, in a write to a terminal that takes nothing or in a mistake of ours, delays no signal.

    Args:
        handle: Called with each signal.
        numbers: The signals to take. Those that were blocked until now are let through.
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
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask_before)  # in a child at its end, they wait again
        self._is_over = True
        self._pipe.wake()
        self._thread.join()
        self._pipe.close()

    def _work(self) -> None:
        while not self._is_over:
            for number in self._pipe.read():
                self._handle(number)


class Request(Enum):
    """What a signal that ends a process comes to."""

    STOP = "stop"
    """End properly."""
    END = "end at once"
    NOTHING = "nothing new"


class StopSignals:
    """Counts the signals that end a process: the first one asks, a later one insists."""

    def __init__(self) -> None:
        self._insists_from = float("inf")
        self._is_asked = False

    def count(self, number: signal.Signals) -> Request:
        """Count one of the STOPPING signals. Returns what it comes to."""
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
    """Write to a descriptor, if it takes anything: a signal must have its effect on a terminal that is stuck, too."""
    with contextlib.suppress(OSError):
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, text)


def _do_nothing(number: int, frame: object) -> None:
    """Handle a signal in Python, so that its number goes to the pipe."""
