"""A small parent of the screen, which is shown in a child process: it sees to the terminal, signals and job control.

The screen may crash, hang or be killed: this process does nothing that could, and puts the terminal right. For the
shell the two are one job. What trains is a third process, the host, which neither the terminal nor its signals reach.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Literal, TypeVar

from .child import Child, ScreenError
from .terminal import ASK_TO_STOP, HUNG_UP, INTERRUPTED, TOGETHER_SECONDS, foreground_group, let_go_of_terminal

T = TypeVar("T")

OnHangup = Literal["continue", "stop"]

END_SECONDS = 5.0
"""Time that everything has to end after the first signal that asks for it."""

FOLLOW_SECONDS = 1.0
"""Time that the screen has to follow the host when that was asked to end, and the other way round."""

LOOK_SECONDS = 0.2
"""Time between two looks, where what is waited for sends no signal."""

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGTSTP, signal.SIGCONT, signal.SIGCHLD)


def supervise(show: Callable[[], int]) -> int:
    """Show a screen in a child process, and return the exit code that it returns, or raise what it raises.

    In a browser there is no terminal to see to: there it is shown in this process.

    Raises:
        ScreenError: when the screen has died or failed.
    """
    if is_in_browser():
        return show()
    with Supervisor() as supervisor:
        code = supervisor.show(show)
    if supervisor.hung_up:
        return HUNG_UP
    return INTERRUPTED if code is None else code


def is_in_browser() -> bool:
    """Whether what is shown here is shown in a browser: Textual has its driver named by those who care for that."""
    return "TEXTUAL_DRIVER" in os.environ


class Supervisor:
    """Shows the screen in a child process, and stands for it and the host towards the shell.

    While it lasts, as a context manager, it deals with this process's signals:

    - SIGTERM and SIGINT end the host, with a checkpoint, and the screen follows; without a host, the screen. What has
      not ended after END_SECONDS or at a second signal is killed.
    - SIGTSTP suspends the screen, and this process's group with it; SIGCONT in the foreground brings both back.
    - SIGHUP, like any other end of the terminal, ends the screen; the host goes on, or stops if so wished.

    Args:
        on_hangup: What the host does when the terminal is gone.
    """

    def __init__(self, *, on_hangup: OnHangup = "continue") -> None:
        self.host: subprocess.Popen[bytes] | None = None
        """The process that trains, once it has been started."""
        self.hung_up = False
        """Whether the terminal is gone: there is nobody to tell anything any more."""
        self._on_hangup = on_hangup
        self._screen: Child[object] | None = None
        self._is_screen_stopped = False
        self._is_suspended = False
        """Whether the screen may be away from the terminal, and wait to come back."""
        self._asked_at: float | None = None
        self._kill_at = float("inf")
        self._follow_at: float | None = None
        self._is_told_to_follow = False

    @property
    def is_asked_to_end(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._asked_at is not None

    def __enter__(self) -> Supervisor:
        self._signals = _Signals()
        return self

    def __exit__(self, *exception: object) -> None:
        self._signals.close()

    def show(self, show: Callable[[], T], *, handed: socket.socket | None = None) -> T | None:
        """Call a function in a child process that has the terminal. Returns or raises what it does.

        Args:
            show: Shows the screen; its result can be pickled.
            handed: A connection for the child alone; it is closed here.

        Returns:
            None, too, when the screen was ended from here, for a signal or because the terminal is gone.

        Raises:
            ScreenError: when the screen has died or failed.
        """
        with contextlib.nullcontext() if handed is None else handed:
            if not self._wait_for_terminal():
                return None
            self._screen = screen = Child(show, SIGNALS)
        while not screen.has_ended:
            self._take_signals()
            if screen.look():
                self._is_screen_stopped = True
                if not self._is_suspended:
                    self._is_suspended = True
                    screen.take_terminal()
                    self._stop(signal.SIGTSTP)
            elif self._is_suspended:
                self._come_back(screen)
        if screen.ending_signal == signal.SIGHUP:
            self._hang_up()
        self._screen = None
        self._is_suspended = False
        if self.hung_up:
            screen.clean_up()
            let_go_of_terminal()
            return None
        try:
            return screen.result()
        except KeyboardInterrupt:  # before the screen listened to keys: a signal from the terminal, to its child alone
            self._end()
            return None
        except ScreenError:
            if self.is_asked_to_end:
                return None
            raise

    def _wait_for_terminal(self) -> bool:
        """Be suspended until the terminal is this job's, which may have been started in the background. False when the
        end is wished for before that."""
        self._is_suspended = True
        while not self._has_terminal():
            self._stop(signal.SIGTTOU)
            self._take_signals()
            if self.hung_up or self.is_asked_to_end:
                return False
        self._is_suspended = False
        return True

    def wait_for_host(self) -> None:
        """Wait until the host has ended, and so until its run is free."""
        while self.host is not None and self.host.poll() is None:
            self._take_signals()

    def end_host(self) -> None:
        """Kill the host, unless it ends at once: the screen may have told it to."""
        if self.host is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.host.wait(FOLLOW_SECONDS)
            self._kill_host()

    def _kill_host(self) -> None:
        if self.host is not None:
            self.host.kill()
            self.host.wait()

    def _take_signals(self) -> None:
        """Wait for signals, but not long if anything else can happen; do what they ask for, and what is due."""
        is_quiet = not (self._is_suspended or self.is_asked_to_end)
        for number in self._signals.wait(None if is_quiet else LOOK_SECONDS):
            match number:
                case signal.SIGTERM | signal.SIGINT:
                    self._end()
                case signal.SIGHUP:
                    self._hang_up()
                case signal.SIGTSTP if self._screen is not None:
                    self._screen.signal(signal.SIGTSTP)
                case signal.SIGTSTP:
                    self._stop(signal.SIGTSTP)
                case signal.SIGCHLD if self.host is not None:
                    self.host.poll()  # no zombie is left of it, however long the screen stays
                case signal.SIGCONT:
                    self._is_suspended = True  # the screen may have been, whoever it was that stopped this process
        self._see_to_the_end()

    def _end(self) -> None:
        """Ask for the end; asked again, do not wait for it."""
        now = time.monotonic()
        if self._asked_at is not None:
            if now > self._asked_at + TOGETHER_SECONDS:
                self._kill_at = now
            return
        self._asked_at, self._kill_at = now, now + END_SECONDS
        if self.host is not None:
            self.host.send_signal(ASK_TO_STOP)
        elif self._screen is not None:
            self._screen.signal(signal.SIGTERM)

    def _see_to_the_end(self) -> None:
        """What was asked to end does, and in time."""
        now = time.monotonic()
        has_host_ended = self.host is not None and self.host.poll() is not None
        if self._screen is not None and self.is_asked_to_end and has_host_ended and not self._is_told_to_follow:
            self._follow_at = self._follow_at or now + FOLLOW_SECONDS
            if now >= self._follow_at:
                self._is_told_to_follow = True
                self._screen.signal(signal.SIGTERM)
        if now >= self._kill_at:
            self._kill_at = float("inf")
            self._kill_host()
            if self._screen is not None:
                self._screen.signal(signal.SIGKILL)

    def _hang_up(self) -> None:
        """The terminal is gone or is to be left: the screen ends, and this process reads and writes no more."""
        if self.hung_up:
            return
        self.hung_up = True
        if self._screen is None:
            let_go_of_terminal()
        else:  # its terminal is let go of after it: it may be there all the same, and wants to be put right
            self._screen.signal(signal.SIGHUP)
            self._screen.signal(signal.SIGCONT)
        if self._on_hangup == "stop":
            self._end()

    def _has_terminal(self) -> bool:
        """Whether the terminal is this job's; so it counts where it controls no session."""
        return foreground_group() in (None, os.getpgrp(), self._screen.pid if self._screen else None)

    def _come_back(self, screen: Child[T]) -> None:
        """Let a suspended screen go on, if this job is in the foreground, or else be suspended again (`bg`)."""
        if self.is_asked_to_end:
            if self._is_screen_stopped:
                screen.signal(signal.SIGKILL)  # it has left the terminal, and would wait to come back
        elif self._has_terminal():
            self._is_suspended = self._is_screen_stopped = False
            screen.give_terminal()
            screen.signal(signal.SIGCONT)
        else:
            self._stop(signal.SIGTTOU)

    def _stop(self, number: signal.Signals) -> None:
        """Stop this process's group, until the shell lets it go on; where there is no shell to, nothing is stopped."""
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(0, number)
        signal.signal(number, handler)


class _Signals:
    """The signals of this process, as something that can be waited for."""

    def __init__(self) -> None:
        self._reading, writing = os.pipe()
        self._writing = writing
        os.set_blocking(self._reading, False)
        os.set_blocking(writing, False)
        self._wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, lambda number, frame: None) for number in SIGNALS}

    def wait(self, seconds: float | None) -> list[signal.Signals]:
        """Those that have come, in order, or come within a time (None: however long it takes)."""
        if not select.select([self._reading], [], [], seconds)[0]:
            return []
        return [signal.Signals(number) for number in os.read(self._reading, 4096)]

    def close(self) -> None:
        """Deal with them as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reading)
        os.close(self._writing)
