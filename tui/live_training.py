"""Training that others can watch and steer: the trainer in a thread of its own, and the server beside it.

The host's process and headless training have this in common.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from types import FrameType
from typing import NoReturn

from ..core.commands import Command, Stop
from ..core.events import Ended, Event, Failed
from ..core.live.server import RunServer
from ..core.rundir import RunDirectory, last_checkpoint
from ..core.training import run_training
from .terminal import ASK_TO_STOP, INTERRUPTED, TOGETHER_SECONDS, Terminal, flush

STOPPING = (signal.SIGINT, signal.SIGTERM, ASK_TO_STOP)
"""The signals that end a training."""

LOOK_SECONDS = 0.2
"""Time between two looks whether a signal has come, of which nobody was woken up."""

SWITCH_SECONDS = 0.0005
"""How long the trainer waits for the interpreter, at most, when a chunk of steps is done and another thread is busy.
Python's own 5 ms would be 8 % of a chunk."""


def train_live(
    run: RunDirectory,
    listener: socket.socket,
    commands: queue.Queue[Command],
    report: Callable[[Event], None],
    *,
    resume: bool,
    note: str = "",
) -> Ended | Failed:
    """Train a run to its end, and serve it as long as viewers are there.

    A new run that turns out to be impossible is removed once its viewers have been told.

    Args:
        run: The run's directory, held by this process.
        listener: The run's listening socket; it is closed afterwards.
        commands: What the trainer is told, besides what viewers tell it.
        report: Called with each event, in one thread at a time.
        resume: Continue from the last checkpoint.
        note: What the user should know of the choice of the data set.

    Returns:
        The last event.
    """
    server = RunServer(listener, run.path, commands)
    outcome: Future[Ended | Failed] = Future()

    def tell(event: Event) -> None:
        server.publish(event)
        report(event)

    def train() -> None:
        try:
            outcome.set_result(
                run_training(run, commands, tell, resume=resume, attended=lambda: server.viewers > 0, note=note)
            )
        except BaseException as error:
            outcome.set_exception(error)  # raised again where the result is waited for

    sys.setswitchinterval(SWITCH_SECONDS)
    server.start()
    try:
        # The main thread only waits: signals are dealt with at once, also during a long compilation. It does not sleep
        # for ever, because of two signals at once the kernel may hand both to another thread, which wakes nobody.
        threading.Thread(target=train, name="trainer", daemon=True).start()
        while not wait([outcome], LOOK_SECONDS).done:
            pass
        last = outcome.result()
    finally:
        server.close()
    if isinstance(last, Failed):
        logging.getLogger("vae_tui").error("%s", last.traceback)
        if last.usage and not resume and last_checkpoint(run.path) is None:
            run.discard()  # it never began: `latest` and the list of runs should not find it
    return last


def end_process(code: int) -> NoReturn:
    """End this process at once: native code may still be at work in a thread, and would crash while the interpreter is
    taken down. After a training that `is_preparing` says is still under way, there is no other way."""
    flush()
    os._exit(code)


@contextlib.contextmanager
def stopped_by_signals(commands: queue.Queue[Command], terminal: Terminal) -> Iterator[None]:
    """While this lasts, the first SIGINT or SIGTERM asks the trainer to stop, and the second one ends the process.

    Two within TOGETHER_SECONDS are one. ASK_TO_STOP asks as well, if nobody has yet, and does not count as one of the
    two. Those of STOPPING that were kept back until now are obeyed.
    """
    told_at, asked = float("inf"), False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal told_at, asked
        now = time.monotonic()
        # Bare writes: the streams may be in the middle of one when the signal comes.
        if number != ASK_TO_STOP and now > told_at + TOGETHER_SECONDS:
            if terminal.stdout.isatty():
                _write(terminal.stdout.fileno(), b"\n")  # the prompt comes below the bar
            os._exit(INTERRUPTED)
        if number != ASK_TO_STOP:
            told_at = min(told_at, now)
        if asked:
            return
        asked = True
        commands.put(Stop())
        text = b"\nvae-tui: stopping, with a final checkpoint; once more stops at once without it\n"
        _write(terminal.stderr.fileno(), text)

    before = {number: signal.signal(number, on_signal) for number in STOPPING}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if number != ASK_TO_STOP else signal.SIG_IGN)  # that is done


def _write(descriptor: int, text: bytes) -> None:
    """Write, if there is somebody who reads: a signal must have its effect on a terminal that is stuck, too."""
    with contextlib.suppress(OSError):
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, text)
