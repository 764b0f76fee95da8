"""Call a function in a child without a screen, so that its death can be reported."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

from .child import Child
from .signals import STOPPING, SignalPipe

T = TypeVar("T")

POLL_SECONDS = 0.2
"""Time between two polls of the child."""


def call_guarded(function: Callable[[], T]) -> T:
    """Call a function in a fork of this process, and return its result.

    The signals that stop a run are passed on to the child, which handles them.

    Raises:
        DeathError: when the child died, as native code lets it.
        Exception: any error that the function raises.
    """
    pipe = SignalPipe((*STOPPING, signal.SIGCHLD))
    try:
        child = Child(lambda _: function(), (*STOPPING, signal.SIGCHLD))
        while not child.is_done:
            for number in pipe.poll(POLL_SECONDS):
                if number in STOPPING:
                    child.signal(number)
            child.poll()
        child.restore_terminal(has_left=True)
        return child.result()
    finally:
        pipe.close()
