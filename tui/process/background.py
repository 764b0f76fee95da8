"""Starting a process in the background: a fork that neither the terminal nor its signals reach."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from typing import NoReturn

from .child import HELD_BACK, DeathError, Report, ReportPipe
from .terminal import end_process, flush


def start_in_background(function: Callable[[ReportPipe], NoReturn]) -> Report:
    """Call a function in the background and wait for its report. It goes on afterwards.

    Must be called before JAX is initialised: no fork of it would work.

    Args:
        function: Sends a report and ends its process.

    Raises:
        DeathError: when the process has died without a report.
    """
    reading, writing = os.pipe()
    flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)  # the process takes them as soon as it can
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.close(reading)
            _call(function, ReportPipe(writing))
        finally:
            os._exit(1)  # whatever goes wrong, this process does not go on as its parent
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
