"""Job control: ctrl+z gives the terminal back to the shell, `fg` brings the screen back.

The whole process stops, so a trainer in another thread stops, too. After `bg` the process trains without a screen.
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
"""Time between two polls for the foreground."""


class _GivenUpError(Exception):
    """The screen does not come back, because its terminal is gone or the process must end."""


class JobControl:
    """Leaves the screen before the process stops, and restores it in the foreground.

    Args:
        app: The app.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._is_given_up = False

    def suspend(self) -> None:
        """Leave the screen, stop this process, and come back once it is in the foreground again.

        Without a shell that could continue the process, the kernel ignores the signal. Without a terminal, as in a
        browser, nothing happens.
        """
        try:
            with self._app.suspend():
                self._stop()
        except SuspendNotSupported:
            pass
        except _GivenUpError:
            self._app.exit()

    def resume(self) -> None:
        """Redraw the screen after another process stopped this one; other programs may have overwritten it."""
        if _is_in_foreground():
            with contextlib.suppress(SuspendNotSupported), self._app.suspend():
                pass

    def give_up(self) -> None:
        """End a suspended screen's wait for the foreground. May be called in any thread."""
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
    """Return whether this process is in the foreground of its terminal; True without a terminal."""
    return foreground_group() in (None, os.getpgrp())
