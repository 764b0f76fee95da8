"""Start a process in the background: a fork without the terminal and its signals."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from typing import NoReturn

from .child import HELD_BACK, DeathError, Report, ReportPipe
from .terminal import end_process, flush


def start_in_background(function: Callable[[ReportPipe], NoReturn]) -> Report:
    """Call a function in a background process, and return its report; the process continues.

    Must be called before JAX is initialized, because JAX does not survive a fork.

    Args:
        function: Sends a report, continues, and ends its process.

    Returns:
        The report.

    Raises:
        DeathError: when the process died without a report.
    """
    reading, writing = os.pipe()
    flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)  # the process unblocks them once it can handle them
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.close(reading)
            _call(function, ReportPipe(writing))
        finally:
            os._exit(1)  # whatever goes wrong, the fork must not run the parent's code
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writing)
    try:
        with open(reading, "rb") as file:
            data = file.read()
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        raise
    if not data:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        raise DeathError(signal.Signals(-code).name if code < 0 else f"exit code {code}")
    return pickle.loads(data)


def _call(function: Callable[[ReportPipe], NoReturn], pipe: ReportPipe) -> NoReturn:
    try:
        function(pipe)
    except BaseException as error:
        pipe.send(Report(error=error))
        end_process(1)
