"""Call a function in a child process that is part of this one's job."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable

from .signals import STOPPING
from .terminal import end_process, flush


def call_in_fork(function: Callable[[], int]) -> int:
    """Call a function in a child process, and return the exit code that it returns.

    The signals that stop a run are for the child, which knows how to stop. To be called before JAX is imported, which
    does not survive a fork. The code of a child that died is 128 + the signal's number.
    """
    flush()
    child = os.fork()
    if child == 0:
        try:
            code = function()
        except BaseException:
            code = 1
        end_process(code)

    def forward(number: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    before = {number: signal.signal(number, forward) for number in STOPPING}
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code
