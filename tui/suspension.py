"""Job control: ctrl+z gives the terminal back to the shell, fg takes it again; the owner's run waits meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from types import FrameType
from typing import Any

from textual.app import App, SuspendNotSupported

from ..core.events import Event, NotFinite, Rewound, RunState, StateChanged
from .steering import Steering
from .terminal import foreground_group

LOOK_SECONDS = 0.05
"""Time between two looks for the terminal, where the process cannot be stopped."""

SETTLE_SECONDS = 0.5
"""How long after coming back it is known what happened meanwhile."""


class Hold:
    """Lets the run wait while its owner's screen is away, and go on afterwards: not if something else stopped it, nor
    if somebody has let it go on meanwhile, who may have paused it again.

    Args:
        steering: Takes the pause, and the end of it.
        is_owner: Whether the screen is the owner's; for another one nothing waits.
    """

    def __init__(self, steering: Steering, *, is_owner: bool) -> None:
        self._steering = steering
        self._is_owner = is_owner
        self._since: float | None = None
        """When the pause was asked for (seconds since 1970); None: nothing is held."""
        self._is_paused = False

    def begin(self) -> None:
        """The screen is about to be left: pause the run if it goes on."""
        if self._is_owner and self._steering.is_stepping:
            self._since, self._is_paused = time.time(), False
            self._steering.pause()

    def see(self, event: Event) -> None:
        """Take an event in."""
        if self._since is None:
            return
        match event:
            case StateChanged(state=RunState.PAUSED, detail="") if event.time >= self._since:
                self._is_paused = True
            case StateChanged(state=RunState.PAUSED) | NotFinite() | Rewound():
                self._since = None  # it was not this that paused it
            case StateChanged() if self._is_paused:
                self._since = None

    def end(self) -> None:
        """The screen is back, and what happened meanwhile is known: let the run go on, if this has paused it."""
        if self._since is not None:
            self._since = None
            self._steering.resume()


class JobControl:
    """Leaves the screen when the process is to be stopped, and takes it again when it goes on.

    Args:
        app: The app.
        hold: Lets the run wait meanwhile.
    """

    def __init__(self, app: App[Any], hold: Hold) -> None:
        self._app = app
        self._hold = hold

    def connect(self) -> None:
        """Listen to the signals, in the place of Textual's driver, whose handlers interrupt whatever the app is doing.
        Called in the app's loop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self.suspend)
        loop.add_signal_handler(signal.SIGCONT, self._restore)
        # A loop that is busy may be woken up hundreds of times, until no more fits: that is enough, and no complaint.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)

    def suspend(self) -> None:
        """Leave the screen, stop this process, and come back once it is in the foreground again.

        Where no shell could let the process go on, the kernel ignores the signal. Without a terminal, as in a browser,
        nothing happens at all.
        """
        with contextlib.suppress(SuspendNotSupported), self._app.suspend():
            self._hold.begin()
            loop = asyncio.get_running_loop()
            loop.remove_signal_handler(signal.SIGTSTP)
            loop.remove_signal_handler(signal.SIGCONT)
            before = signal.signal(signal.SIGHUP, self._let_go)
            signal.raise_signal(signal.SIGTSTP)
            while not _is_in_foreground():  # `bg`: without a screen there is nothing to do
                time.sleep(LOOK_SECONDS)  # where nobody could let this process go on, the kernel does not stop it
                signal.raise_signal(signal.SIGTSTP)
            signal.signal(signal.SIGHUP, before)
            self.connect()
        self._app.set_timer(SETTLE_SECONDS, self._hold.end)

    def _let_go(self, number: int, frame: FrameType | None) -> None:
        """The terminal is gone while the screen was away: nobody comes back, and the run is not to wait for ever."""
        signal.signal(number, signal.SIG_IGN)  # it may come more than once, and is not to cut this short
        try:
            self._hold.end()
        finally:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def _restore(self) -> None:
        """Somebody has stopped the process without asking, and somebody wrote over the screen since."""
        if _is_in_foreground():
            with contextlib.suppress(SuspendNotSupported), self._app.suspend():
                pass


def _is_in_foreground() -> bool:
    """Whether the terminal listens to this process; so it counts where there is none."""
    return foreground_group() in (None, os.getpgrp())
