"""Own the terminal and run the app in a child process.

The supervisor handles signals and job control, and restores the terminal. The app, or the training in the same process,
may crash, hang or be killed; the supervisor does no such work itself, so that it can restore the terminal. To the shell
both processes are one job.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar, Literal, TypeVar

from .child import Child, ReportPipe, ScreenError
from .exit_codes import HUNG_UP, INTERRUPTED
from .signals import ASK_TO_STOP, STOPPING, TOGETHER_SECONDS, SignalPipe
from .terminal import foreground_group, let_go_of_terminal

T = TypeVar("T")

OnHangup = Literal["continue", "stop"]

END_SECONDS = 5.0
"""Time for the child to end after the first signal that requests it."""

POLL_SECONDS = 0.2
"""Time between two polls of conditions that send no signal."""

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGTSTP, signal.SIGCONT, signal.SIGCHLD)


def supervise(show: Callable[[], int]) -> int:
    """Show a screen in a child process, and return its exit code.

    In a browser there is no terminal to own: the screen is shown in this process.

    Args:
        show: Shows the screen and returns the exit code. Its exceptions are raised here.

    Returns:
        The exit code.

    Raises:
        ScreenError: when the screen died or failed.
    """
    if is_in_browser():
        return show()
    with Supervisor() as supervisor:
        code = supervisor.show(lambda pipe: show())
    if supervisor.hung_up:
        return HUNG_UP
    return INTERRUPTED if code is None else code


def is_in_browser() -> bool:
    """Return whether the screen is shown in a browser.

    textual-serve sets Textual's driver in the environment.
    """
    return "TEXTUAL_DRIVER" in os.environ


class Supervisor:
    """Run the screen in a child process, and represent that process to the shell.

    As a context manager, the supervisor handles this process's signals:

    - SIGTERM and SIGINT request the end of the child. If the child has not ended after END_SECONDS or at a second
      signal, it is killed.
    - SIGTSTP suspends the child, and this process's group with it. SIGCONT resumes the child: with its screen in the
      foreground, without it in the background.
    - SIGHUP, like any other loss of the terminal, ends the screen. A child that trains continues; see `wait`.
    """

    is_process_asked_to_end: ClassVar[bool] = False
    """Whether a signal has requested the end of this process during any screen: it must not show another one."""

    def __init__(self) -> None:
        self.hung_up = False
        """Whether the terminal is gone: no message can reach the user any more."""
        self.was_asked_to_end = False
        """After the end, whether a signal or the user on the screen has requested it, however late."""
        self._child: Child[object] | None = None
        self._is_suspended = False
        """Whether the screen may be suspended, waiting to be resumed."""
        self._is_in_background = False
        """Whether the child continues without its screen, as after `bg`: it has left the screen."""
        self._asked_at: float | None = None
        self._kill_at = float("inf")

    @property
    def is_asked_to_end(self) -> bool:
        """Whether a signal has requested the end."""
        return self._asked_at is not None

    def __enter__(self) -> Supervisor:
        self._signals = SignalPipe(SIGNALS)
        return self

    def __exit__(self, *exception: object) -> None:
        report = self._child.report if self._child is not None else None
        is_late = not set(self._signals.close()).isdisjoint(STOPPING)
        if is_late or self.is_asked_to_end:
            Supervisor.is_process_asked_to_end = self.was_asked_to_end = True
        elif report is not None:
            self.was_asked_to_end = report.is_asked_to_end

    def show(
        self, show: Callable[[ReportPipe], T], *, handed: AbstractContextManager[object] | None = None
    ) -> T | None:
        """Call a function in a child that owns the terminal; return its result.

        An error of the function is raised here.

        Args:
            show: Shows the screen; its result or report must be picklable. It may report and continue without a screen.
            handed: A resource for the child alone, such as a connection; it is closed in this process.

        Returns:
            The result; None when this process has ended the child, or the terminal is gone.

        Raises:
            ScreenError: when the child died or failed.
        """
        with handed or contextlib.nullcontext():
            if not self._wait_for_terminal():
                return None
            self._child = child = Child(show, SIGNALS)
        while not child.is_done:
            self._wait_for_change(child)
        child.restore_terminal(has_left=self._is_in_background)
        self._is_suspended = False
        if child.report.hung_up if child.report is not None else child.exit_code == HUNG_UP:
            self.hung_up = True
        if self.hung_up:
            let_go_of_terminal()
            return None
        try:
            return child.result()
        except ScreenError:
            if self.is_asked_to_end:
                return None
            raise

    def wait(self) -> int:
        """Wait for a child without a screen. Return its exit code."""
        child = self._child
        if child is None:
            return HUNG_UP
        while not child.has_ended:
            self._handle_signals(self._signals.poll(POLL_SECONDS if self.is_asked_to_end else None))
            child.poll()
        return child.exit_code

    def _wait_for_terminal(self) -> bool:
        """Stay suspended until this job, perhaps started in the background, owns the terminal.

        Returns:
            Whether it does; False when a signal requested the end before that.
        """
        self._is_suspended = True
        while not self._has_terminal():
            self._stop(signal.SIGTTOU)
            self._handle_signals(self._signals.poll(POLL_SECONDS))
            if self.hung_up or self.is_asked_to_end:
                return False
        self._is_suspended = False
        return True

    def _wait_for_change(self, child: Child[T]) -> None:
        """Wait for a signal, report or poll, and handle it."""
        is_quiet = not (self._is_suspended or self.is_asked_to_end)
        sources = [self._signals] if child.is_silent else [self._signals, child]
        ready, _, _ = select.select(sources, [], [], None if is_quiet else POLL_SECONDS)
        self._handle_signals(self._signals.read() if self._signals in ready else [])
        is_stopped = child.poll()
        if is_stopped and self.hung_up:  # there is nothing left to wait for
            child.signal(signal.SIGCONT)
        elif is_stopped and (self._is_in_background or not self._is_suspended):
            self._is_suspended, self._is_in_background = True, False
            child.take_terminal()
            self._stop(signal.SIGTSTP)
        elif self._is_suspended and not child.is_done:
            self._come_back(child)

    def _handle_signals(self, numbers: list[signal.Signals]) -> None:
        for number in numbers:
            match number:
                case signal.SIGTERM | signal.SIGINT:
                    self._end()
                case signal.SIGHUP:
                    self._hang_up()
                case signal.SIGTSTP if self._child is not None:
                    self._child.signal(signal.SIGTSTP)
                case signal.SIGTSTP:
                    self._stop(signal.SIGTSTP)
                case signal.SIGCONT:  # the screen may have been suspended, whatever signal stopped this process
                    self._is_suspended, self._is_in_background = True, False
        if self._child is not None and time.monotonic() >= self._kill_at:
            self._kill_at = float("inf")
            self._child.signal(signal.SIGKILL)

    def _end(self) -> None:
        """Request the end of the child; at a second request, kill it."""
        now = time.monotonic()
        if self._asked_at is not None:
            if now > self._asked_at + TOGETHER_SECONDS:
                self._kill_at = now
            return
        self._asked_at, self._kill_at = now, now + END_SECONDS
        if self._child is not None:
            self._child.signal(ASK_TO_STOP)

    def _hang_up(self) -> None:
        """Handle the loss of the terminal: end the screen, and stop reading and writing."""
        if self.hung_up:
            return
        self.hung_up = True
        if self._child is None:
            let_go_of_terminal()
        else:  # `show` lets go of the terminal after the child: it may still exist, and must be restored
            self._child.signal(signal.SIGHUP)
            if self._is_suspended:  # a screen that is shown would leave the terminal at SIGCONT, and take it again
                self._child.signal(signal.SIGCONT)

    def _has_terminal(self) -> bool:
        """Return whether this job owns the terminal, or there is no controlling terminal."""
        return foreground_group() in (None, os.getpgrp(), self._child.pid if self._child else None)

    def _come_back(self, child: Child[T]) -> None:
        """Resume a suspended child, with its screen only in the foreground."""
        if self._has_terminal():
            self._is_suspended = self._is_in_background = False
            child.give_terminal()
            child.signal(signal.SIGCONT)
        elif not self._is_in_background:
            self._is_in_background = True
            child.signal(signal.SIGCONT)

    def _stop(self, number: signal.Signals) -> None:
        """Stop this process's group until the shell, if any, resumes it."""
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(0, number)
        signal.signal(number, handler)
