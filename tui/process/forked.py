"""Call a function in a child process that is part of this one's job."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from typing import NamedTuple

from .exit_codes import INTERRUPTED
from .signals import STOPPING
from .terminal import end_process, flush, let_go_of_terminal


class Called(NamedTuple):
    """How a call in a child process went."""

    code: int
    """The exit code that the function returned; of a child that died, 128 + the signal's number."""
    is_asked_to_end: bool
    """Whether a signal has requested the end, perhaps too late for the child."""


def call_in_fork(function: Callable[[], int]) -> Called:
    """Call a function in a child process, and return how that went.

    The signals that stop a run are for the child, which knows how to stop, and so is a hang-up, unless it is ignored:
    this process goes on without its terminal. To be called before JAX is imported, which does not survive a fork.
    """
    flush()
    terminals = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]
    hang_up = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
    forwarded = (*STOPPING, *hang_up)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, forwarded)  # until both processes can handle them
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            code = function()
        except KeyboardInterrupt:
            code = INTERRUPTED
        except BaseException:  # the end of the process would hide it
            traceback.print_exc()
        finally:
            end_process(code)
    is_asked = False

    def forward(number: int, frame: object) -> None:
        nonlocal is_asked
        is_asked |= number in STOPPING
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    before = {number: signal.signal(number, forward) for number in forwarded}
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    let_go_of_terminal(descriptor for descriptor in terminals if not os.isatty(descriptor))  # those that were lost
    code = os.waitstatus_to_exitcode(status)
    return Called(128 - code if code < 0 else code, is_asked)
