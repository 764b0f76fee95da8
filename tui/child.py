"""A function that is called in a child process with the terminal to itself, and whose result or error comes back."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar, cast

from ..core.errors import VaeTuiError
from .terminal import TerminalModes, flush, foreground_group, put_in_foreground

T_co = TypeVar("T_co", covariant=True)


class ScreenError(VaeTuiError):
    """The process that showed the screen has failed or died; its text says how."""


class Child(Generic[T_co]):
    """A fork of this process that calls a function, in a process group of its own: job control is up to the parent.

    The child ends when its parent does, and leaves the terminal as it was before.
    """

    def __init__(self, function: Callable[[], T_co], signals: Iterable[signal.Signals]) -> None:
        """Fork.

        Args:
            function: What to call; its result can be pickled.
            signals: Those that this process handles. In the child they do what they do by default.
        """
        self._function = function
        self._signals = tuple(signals)
        self._status: int | None = None
        self._modes = TerminalModes()
        self._report = tempfile.TemporaryFile()  # noqa: SIM115 (`result` closes it)
        self._in_foreground = foreground_group() == os.getpgrp()
        lifeline, self._lifeline = os.pipe()
        flush()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)  # none may come before its default is set
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._be_child(lifeline, before)
            finally:
                os._exit(1)  # whatever goes wrong, this process does not go on as its parent
        self._begin(self.pid)  # both do, for either may be the first that needs it
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(lifeline)

    @property
    def has_ended(self) -> bool:
        """Whether it had ended at the last look; its result can be had then."""
        return self._status is not None

    def look(self) -> bool:
        """Look whether it has ended; whether it has been stopped since the last look."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self._status = status
                os.close(self._lifeline)
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._status is None:
            os.kill(self.pid, number)

    def give_terminal(self) -> None:
        """Put it in the foreground."""
        put_in_foreground(self.pid)

    def take_terminal(self) -> None:
        """Put this process back in the foreground, unless somebody else is by now."""
        if foreground_group() == self.pid:
            put_in_foreground(os.getpgrp())

    @property
    def ending_signal(self) -> signal.Signals | None:
        """The signal that has ended it, if one has."""
        if self._status is None or not os.WIFSIGNALED(self._status):
            return None
        return signal.Signals(os.WTERMSIG(self._status))

    def result(self) -> T_co:
        """What the function has returned; what it has raised is raised. The terminal is as it was before.

        Raises:
            ScreenError: when it has died, or raised what it should not.
        """
        self._report.seek(0)
        report = self._report.read()
        if report:
            result, error = pickle.loads(report)
        else:
            result, error = None, ScreenError(f"the screen was ended by {self._how_it_ended()}")
        self.clean_up(has_left=not isinstance(error, ScreenError))
        if error is not None:
            raise error
        return cast(T_co, result)

    def clean_up(self, *, has_left: bool = False) -> None:
        """Put the terminal as it was before, once the child has ended; `has_left`: it has left the screen itself."""
        self.take_terminal()
        self._modes.restore(screen=not has_left)
        self._report.close()

    def _how_it_ended(self) -> str:
        number = self.ending_signal
        return number.name if number else f"exit code {os.waitstatus_to_exitcode(self._status or 0)}"

    def _begin(self, pid: int) -> None:
        """Put the child into its group, and in the foreground where this process is."""
        with contextlib.suppress(PermissionError, ProcessLookupError):  # it has done that itself, and more
            os.setpgid(pid, pid)
        if self._in_foreground:
            put_in_foreground(pid)

    def _be_child(self, lifeline: int, mask: Iterable[int]) -> None:
        """Call the function, and end with a report. What the parent had begun is not cleaned up here."""
        self._begin(os.getpid())
        os.close(self._lifeline)
        signal.set_wakeup_fd(-1)
        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        watch = threading.Thread(target=self._end_with_parent, args=(lifeline,), name="parent-watch", daemon=True)
        watch.start()
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # one that has come before is obeyed here
            outcome = self._function(), None
        except (VaeTuiError, KeyboardInterrupt) as error:
            outcome = None, error
        except BaseException as error:
            lost = ScreenError(f"the screen has failed: {type(error).__name__}: {error}")
            lost.add_note(traceback.format_exc())
            outcome = None, lost
        self._report.write(pickle.dumps(outcome))
        self._report.flush()
        flush()
        os._exit(0)

    def _end_with_parent(self, lifeline: int) -> None:
        """Wait for the end of the parent, which alone holds the other end of this pipe; then there is nobody to see to
        the terminal but this process."""
        os.read(lifeline, 1)
        self._modes.restore(screen=True)
        os.kill(os.getpid(), signal.SIGHUP)  # it may be suspended, and lets the run go on before it obeys
