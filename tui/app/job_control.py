"""Job control: ctrl+z gives the terminal back to the shell, `fg` takes it again.

The process as a whole stops: what trains in another thread of it waits, too. After `bg` it trains on without a screen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

from textual.app import App, SuspendNotSupported

from ..process.terminal import foreground_group

POLL_SECONDS = 0.05
"""Time between two checks whether the process is in the foreground again."""


class _GivenUpError(Exception):
    """The screen does not come back: its terminal is gone, or the process is to end."""


class JobControl:
    """Leaves the screen when the process is to be stopped, and takes it again in the foreground.

    Args:
        app: The app.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._is_given_up = False

    def suspend(self) -> None:
        """Leave the screen, stop this process, and come back once it is in the foreground again.

        Where no shell could let the process go on, the kernel ignores the signal. Without a terminal, as in a browser,
        nothing happens at all.
        """
        try:
            with self._app.suspend():
                self._stop()
        except SuspendNotSupported:
            pass
        except _GivenUpError:
            self._app.exit()

    def resume(self) -> None:
        """Draw the screen again: the process was stopped unasked, and others may have written over the screen."""
        if _is_in_foreground():
            with contextlib.suppress(SuspendNotSupported), self._app.suspend():
                pass

    def give_up(self) -> None:
        """Let a suspended screen not wait for the foreground any more. May be called in any thread."""
        self._is_given_up = True

    def _stop(self) -> None:
        """Stop this process until it is in the foreground. Raises _GivenUpError."""
        numbers = (signal.SIGTSTP, signal.SIGCONT)
        before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
        try:
            signal.raise_signal(signal.SIGTSTP)
            while not _is_in_foreground():  # `bg`
                if self._is_given_up:
                    raise _GivenUpError
                time.sleep(POLL_SECONDS)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_in_foreground() -> bool:
    """Whether the terminal listens to this process; so it counts where there is none."""
    return foreground_group() in (None, os.getpgrp())
