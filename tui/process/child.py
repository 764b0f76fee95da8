"""Call a function in a child that owns the terminal; return its outcome."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, NoReturn, TypeVar, cast

from ...core.errors import VaeTuiError
from .signals import STOPPING
from .terminal import TerminalModes, end_process, flush, foreground_group, leave_screen, put_in_foreground

T_co = TypeVar("T_co", covariant=True)

HELD_BACK = (*STOPPING, signal.SIGHUP, signal.SIGTSTP)
"""The signals that are blocked in a child until it handles them with a `SignalThread`."""


class ScreenError(VaeTuiError):
    """The process that showed the screen failed or died; the message says how."""


class DeathError(ScreenError):
    """The process that showed the screen died, by a signal or in native code.

    Args:
        cause: The cause of death: the name of a signal, or an exit code.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"the screen was ended by {cause}")
        self.cause = cause


@dataclass(frozen=True)
class Report:
    """The single report of a child to its parent."""

    result: Any = None
    error: BaseException | None = None
    has_left: bool = True
    """Whether the child has left the screen properly, so that only the terminal's modes must be restored."""
    hung_up: bool = False
    """Whether the terminal is gone."""
    is_asked_to_end: bool = False
    """Whether the user has asked for the end: whatever the result, nothing else is to be started."""
    continues: bool = False
    """Whether the child continues after the report; otherwise it is about to end, and its parent waits for that."""


class ReportPipe:
    """Send the report of a child, which may continue afterwards, to its parent.

    Args:
        descriptor: The writing end of a pipe.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self.is_sent = False
        """Whether the report was sent. The parent no longer restores the terminal then, and may end."""
        self.is_asked_to_end = False
        """Whether the user has asked for the end, which the report says; it also says so if a signal is pending."""

    def send(self, report: Report) -> None:
        """Send a report, only the first time. Nothing happens when the parent is gone."""
        with self._lock:
            if self.is_sent:
                return
            self.is_sent = True
            is_asked = self.is_asked_to_end or not signal.sigpending().isdisjoint(STOPPING)
            data = memoryview(pickle.dumps(replace(report, is_asked_to_end=is_asked)))
            with contextlib.suppress(BrokenPipeError):
                while data:
                    data = data[os.write(self._descriptor, data) :]
            os.close(self._descriptor)


class Child(Generic[T_co]):
    """Call a function in a fork of this process, in its own process group.

    The parent does the job control. When the parent dies, the child's screen ends, and the child restores the terminal.
    """

    def __init__(self, function: Callable[[ReportPipe], T_co], signals: Iterable[signal.Signals]) -> None:
        """Fork the process.

        Args:
            function: The function to call. Its result must be picklable, and is reported unless the function has sent
                a report itself.
            signals: The signals that this process handles. In the child they have their default effect.
        """
        self._function = function
        self._signals = tuple(signals)
        self._status: int | None = None
        self._modes = TerminalModes()
        self._parent_group = os.getpgrp()
        self._in_foreground = foreground_group() == self._parent_group
        self._report = b""
        self.is_silent = False
        """Whether the child has closed the report's pipe."""
        self._reading, writing = os.pipe()
        lifeline, self._lifeline = os.pipe()
        flush()
        held_back = {*self._signals, *HELD_BACK}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, held_back)  # none may arrive before its default is set
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._be_child(lifeline, ReportPipe(writing), before)
            finally:
                os._exit(1)  # whatever goes wrong, the fork must not run the parent's code
        self._begin(self.pid)  # parent and child both do it: either may be the first to need it
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(lifeline)
        os.close(writing)
        os.set_blocking(self._reading, False)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the child reports."""
        return self._reading

    @property
    def has_ended(self) -> bool:
        """Whether the child had ended at the last poll."""
        return self._status is not None

    @property
    def is_done(self) -> bool:
        """Whether the child had ended at the last poll, or had reported that it continues.

        What another child holds until it ends, such as a lock, is free then.
        """
        return self.has_ended or (self.report is not None and self.report.continues)

    @property
    def report(self) -> Report | None:
        """The child's report; None before it is sent, and when the child died."""
        if not self.is_silent:
            return None
        try:
            return pickle.loads(self._report)
        except (EOFError, pickle.UnpicklingError):  # the child died before it had sent the whole report
            return None

    def poll(self) -> bool:
        """Poll the child; return True if it was newly stopped."""
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
        """Send the child a signal, unless it has ended."""
        if self._status is None:
            os.kill(self.pid, number)

    def give_terminal(self) -> None:
        """Put the child in the foreground."""
        put_in_foreground(self.pid)

    def take_terminal(self) -> None:
        """Put this process back in the foreground, unless another process took the child's place."""
        if foreground_group() == self.pid:
            put_in_foreground(os.getpgrp())

    @property
    def ending_signal(self) -> signal.Signals | None:
        """The signal that ended the child, if any."""
        if self._status is None or not os.WIFSIGNALED(self._status):
            return None
        return signal.Signals(os.WTERMSIG(self._status))

    @property
    def exit_code(self) -> int:
        """The child's exit code, as in a shell (128 + signal number)."""
        code = os.waitstatus_to_exitcode(self._status or 0)
        return code if code >= 0 else 128 - code

    def result(self) -> T_co:
        """Return the function's result, or raise its error.

        Raises:
            ScreenError: when the child died, or raised an error other than a `VaeTuiError`.
        """
        report = self.report or Report(error=DeathError(self._cause_of_death()))
        if report.error is not None:
            raise report.error
        return cast(T_co, report.result)

    def restore_terminal(self, *, has_left: bool) -> None:
        """Restore the terminal after the end of the screen, unless another job uses it now.

        Args:
            has_left: Whether the screen was left already, if the child has not reported it.
        """
        self.take_terminal()
        if foreground_group() in (None, os.getpgrp()):
            self._modes.restore()
        if not has_left and not (self.report is not None and self.report.has_left):
            leave_screen()

    def _cause_of_death(self) -> str:
        number = self.ending_signal
        return number.name if number else f"exit code {self.exit_code}"

    def _begin(self, pid: int) -> None:
        """Give the child its own process group, and the foreground if held."""
        with contextlib.suppress(PermissionError, ProcessLookupError):  # the child has done it itself, or has ended
            os.setpgid(pid, pid)
        if self._in_foreground:
            put_in_foreground(pid)

    def _be_child(self, lifeline: int, pipe: ReportPipe, mask: Iterable[int]) -> NoReturn:
        """Call the function, send a report, and end the process without the parent's cleanup."""
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
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)  # a second request must not interrupt the report
        if pipe.is_sent and report.error is not None:  # the child continued without a screen, and failed
            traceback.print_exception(report.error)
            end_process(1)
        if foreground_group() == os.getpgrp():  # the parent gets what is typed from here on, so that nothing is lost
            put_in_foreground(self._parent_group)
        pipe.send(report)
        end_process(0)

    def _end_with_parent(self, lifeline: int, pipe: ReportPipe) -> None:
        """Wait for the parent's death, then restore the terminal and end.

        The parent alone has the other end of the `lifeline` pipe.
        """
        os.read(lifeline, 1)
        if not pipe.is_sent:
            if foreground_group() in (None, os.getpgrp()):  # otherwise a shell has taken it, and set its modes
                self._modes.restore()
            leave_screen()
            os.kill(os.getpid(), signal.SIGHUP)
