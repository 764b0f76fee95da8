"""A function that is called in a child process with the terminal to itself, and whose result or error comes back."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar, cast

from ...core.errors import VaeTuiError
from .signals import STOPPING
from .terminal import TerminalModes, end_process, flush, foreground_group, put_in_foreground

T_co = TypeVar("T_co", covariant=True)

HELD_BACK = (*STOPPING, signal.SIGHUP, signal.SIGTSTP)
"""The signals that a child gets only once it takes them, with a `SignalThread`: none of them finds it unprepared."""


class ScreenError(VaeTuiError):
    """The process that showed the screen has failed or died; its text says how."""


class DeathError(ScreenError):
    """The process that showed the screen has died, by a signal or in native code.

    Args:
        cause: What ended it: the name of a signal, or an exit code.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"the screen was ended by {cause}")
        self.cause = cause


@dataclass(frozen=True)
class Report:
    """What a child tells its parent, once."""

    result: Any = None
    error: BaseException | None = None
    has_left: bool = True
    """Whether the child has left the screen properly, so that the terminal only has to be set as before."""
    hung_up: bool = False
    """Whether the terminal is gone."""


class ReportPipe:
    """The child's way to tell its parent how the screen has ended; the child may go on afterwards.

    Args:
        descriptor: The writing end of a pipe.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self.is_sent = False
        """Whether the parent has been told. It sees to nothing any more then, and may end."""

    def send(self, report: Report) -> None:
        """Send a report; of several only the first one. Without a parent it goes nowhere."""
        with self._lock:
            if self.is_sent:
                return
            self.is_sent = True
            data = memoryview(pickle.dumps(report))
            with contextlib.suppress(BrokenPipeError):
                while data:
                    data = data[os.write(self._descriptor, data) :]
            os.close(self._descriptor)


class Child(Generic[T_co]):
    """A fork of this process that calls a function, in a process group of its own: job control is up to the parent.

    The screen of a child ends when its parent does, and leaves the terminal as it was before.
    """

    def __init__(self, function: Callable[[ReportPipe], T_co], signals: Iterable[signal.Signals]) -> None:
        """Fork.

        Args:
            function: What to call. Its result, which can be pickled, is reported unless it has sent a report itself.
            signals: Those that this process handles. In the child they do what they do by default.
        """
        self._function = function
        self._signals = tuple(signals)
        self._status: int | None = None
        self._modes = TerminalModes()
        self._in_foreground = foreground_group() == os.getpgrp()
        self._report = b""
        self.is_silent = False
        """Whether nothing more comes through the report's pipe."""
        self._reading, writing = os.pipe()
        lifeline, self._lifeline = os.pipe()
        flush()
        held_back = {*self._signals, *HELD_BACK}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, held_back)  # none may come before its default is set
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._be_child(lifeline, ReportPipe(writing), before)
            finally:
                os._exit(1)  # whatever goes wrong, this process does not go on as its parent
        self._begin(self.pid)  # both do, for either may be the first that needs it
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(lifeline)
        os.close(writing)
        os.set_blocking(self._reading, False)

    def fileno(self) -> int:
        """The descriptor that can be read when there is news of the report."""
        return self._reading

    @property
    def has_ended(self) -> bool:
        """Whether it had ended at the last poll."""
        return self._status is not None

    @property
    def is_done(self) -> bool:
        """Whether its result can be had: it had ended at the last poll, or goes on after its report."""
        return self.has_ended or self.report is not None

    @property
    def report(self) -> Report | None:
        """What it has reported; None before that, and for one that has died."""
        if not self.is_silent:
            return None
        try:
            return pickle.loads(self._report)
        except (EOFError, pickle.UnpicklingError):  # it died before it had sent all, or anything
            return None

    def poll(self) -> bool:
        """Read what it has reported and check its state. Return True if it was newly stopped."""
        self._read_report()
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self._status = status
                os.close(self._lifeline)
                self._read_report()
        return False

    def _read_report(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while not self.is_silent:
                block = os.read(self._reading, 1 << 16)
                self._report += block
                self.is_silent = not block

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._status is None:
            os.kill(self.pid, number)

    def give_terminal(self) -> None:
        """Put it in the foreground."""
        put_in_foreground(self.pid)

    def take_terminal(self) -> None:
        """Put this process back in the foreground, unless another one has been put there."""
        if foreground_group() == self.pid:
            put_in_foreground(os.getpgrp())

    @property
    def ending_signal(self) -> signal.Signals | None:
        """The signal that has ended it, if one has."""
        if self._status is None or not os.WIFSIGNALED(self._status):
            return None
        return signal.Signals(os.WTERMSIG(self._status))

    @property
    def exit_code(self) -> int:
        """Its exit code once it has ended, as a shell has it: 128 and the number of the signal that ended it."""
        code = os.waitstatus_to_exitcode(self._status or 0)
        return code if code >= 0 else 128 - code

    def result(self) -> T_co:
        """Return what the function has returned or reported; what it has raised is raised. Restore the terminal.

        Raises:
            ScreenError: when it has died, or raised what it should not.
        """
        report = self.report or Report(error=DeathError(self._cause_of_death()), has_left=False)
        self.clean_up(has_left=report.has_left)
        if report.error is not None:
            raise report.error
        return cast(T_co, report.result)

    def clean_up(self, *, has_left: bool = False) -> None:
        """Put the terminal as it was before, once the screen has ended; `has_left`: the child has left it itself."""
        self.take_terminal()
        self._modes.restore(screen=not has_left)

    def _cause_of_death(self) -> str:
        number = self.ending_signal
        return number.name if number else f"exit code {self.exit_code}"

    def _begin(self, pid: int) -> None:
        """Put the child into its group, and in the foreground where this process is."""
        with contextlib.suppress(PermissionError, ProcessLookupError):  # it has done that itself, and more
            os.setpgid(pid, pid)
        if self._in_foreground:
            put_in_foreground(pid)

    def _be_child(self, lifeline: int, pipe: ReportPipe, mask: Iterable[int]) -> NoReturn:
        """Call the function, and end with a report. What the parent had begun is not cleaned up here."""
        self._begin(os.getpid())
        os.close(self._lifeline)
        os.close(self._reading)
        signal.set_wakeup_fd(-1)
        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, {*mask, *HELD_BACK})
        watch = threading.Thread(target=self._end_with_parent, args=(lifeline, pipe), name="parent-watch", daemon=True)
        watch.start()
        try:
            report = Report(self._function(pipe))
        except VaeTuiError as error:
            report = Report(error=error, has_left=not isinstance(error, ScreenError))
        except BaseException as error:
            lost = ScreenError(f"the screen has failed: {type(error).__name__}: {error}")
            lost.add_note(traceback.format_exc())
            report = Report(error=lost, has_left=False)
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)  # what is told twice to end is at its end
        if pipe.is_sent and report.error is not None:  # it went on without a screen, and then failed
            traceback.print_exception(report.error)
            end_process(1)
        pipe.send(report)
        end_process(0)

    def _end_with_parent(self, lifeline: int, pipe: ReportPipe) -> None:
        """Wait for the end of the parent, which alone holds the other end of this pipe; then nothing but this process
        can restore the terminal."""
        os.read(lifeline, 1)
        if not pipe.is_sent:
            self._modes.restore(screen=True)
            os.kill(os.getpid(), signal.SIGHUP)
