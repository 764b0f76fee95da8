"""Handle ctrl+z and `fg`: leave and restore the screen.

The whole process stops, so a trainer in another thread stops, too. After `bg` the process trains without a screen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from textual.app import App, SuspendNotSupported

from ..process.terminal import foreground_group, from_background

POLL_SECONDS = 0.05
"""Time between two polls for the foreground."""


class _GivenUpError(Exception):
    """The screen does not come back: the terminal or process ends."""


class JobControl:
    """Leaves the screen before the process stops, and restores it in the foreground.

    Args:
        app: The app.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._is_given_up = False

    def suspend(self) -> None:
        """Leave the screen, stop this process, and come back in the foreground.

        Without a shell that could continue the process, the kernel ignores the signal. Without a terminal, as in a
        browser, nothing happens.
        """
        self._leave(self._stop)

    def resume(self) -> None:
        """Redraw the screen after another process stopped this one.

        Other programs may have overwritten it.

        In the background the screen is left until the process is in the foreground.
        """
        self._leave(self._wait_for_foreground)

    def _leave(self, wait: Callable[[], None]) -> None:
        """Leave the screen, wait, and come back, or exit the app."""
        try:
            with from_background(), self._app.suspend(), _prints_to_descriptors():
                wait()
        except SuspendNotSupported:
            pass
        except _GivenUpError:
            self._app.exit()

    def give_up(self) -> None:
        """End a suspended screen's wait for the foreground. May be called in any thread."""
        self._is_given_up = True

    def _stop(self) -> None:
        """Stop this process until it is in the foreground. Raises _GivenUpError."""
        numbers = (signal.SIGTSTP, signal.SIGCONT)
        before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
        try:
            signal.raise_signal(signal.SIGTSTP)
            self._wait_for_foreground()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _wait_for_foreground(self) -> None:
        """Wait until this process is in the foreground. Raises _GivenUpError."""
        while not _is_in_foreground():
            if self._is_given_up:
                raise _GivenUpError
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def _prints_to_descriptors() -> Iterator[None]:
    """Send Python's output to descriptors 1 and 2, which lead to a log.

    Textual's `suspend` sends it to the terminal, where the shell is.
    """
    with (
        open(1, "w", buffering=1, errors="replace", closefd=False) as out,
        open(2, "w", buffering=1, errors="replace", closefd=False) as err,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        yield


def _is_in_foreground() -> bool:
    """Return whether this process is in the foreground; True without a terminal."""
    return foreground_group() in (None, os.getpgrp())
