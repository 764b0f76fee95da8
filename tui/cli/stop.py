"""`vae-tui stop`: end a live run with a final checkpoint."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path

from ...core.errors import RunError, TrainingError, WireError
from ...core.live import Grown, RunClient, connect, not_answering, not_live
from ...core.protocol import Ended, Event, Failed, Stop
from ...core.run import BEAT_SECONDS, is_locked, is_silent, last_state_event
from ..process.exit_codes import INTERRUPTED
from .choose_run import live_run
from .outcome import error_of, lines_when_over
from .parameters import LiveRun
from .printing import print_text

ANSWER_SECONDS = 10.0
"""Time for the training process to answer. It answers at once, even while it compiles."""

EXIT_SECONDS = 2.0
"""Time that a process may hold a run's lock after it has closed its socket."""

POLL_SECONDS = 1.0
"""Time between two polls of a silent training process."""

Messages = queue.Queue[Grown | Event | WireError | None]
"""The messages of the training process in order; an error or None ends them."""


def stop(run: LiveRun = None, /) -> int:
    """Stop a live run and wait until it has ended. Return the exit code.

    Raises:
        UsageError: when there is no such run, or its process does not answer.
        TrainingError: when training failed, or ended before the final checkpoint was written.
        WireError: when the process refuses the connection, or sends what this version cannot read.
    """
    path = live_run(run)
    try:
        client = RunClient(connect(path), readonly=False)
    except RunError as error:  # a process that is just ending has closed its socket, and still holds the run
        if _stays_locked(path):
            raise
        raise not_live(path) from error
    try:
        last = _stop(client, path)
    except KeyboardInterrupt:
        print_text("\nno longer waiting; the run still stops")
        return INTERRUPTED
    finally:
        client.close()
    if isinstance(last, Failed):
        raise error_of(path, last)
    print_text(lines_when_over(path, last))
    return 0


def _stop(client: RunClient, path: Path) -> Ended | Failed:
    """Send a stop. Return the last event once the process has ended."""
    messages: Messages = queue.Queue()
    threading.Thread(target=_listen, args=(client, messages), name="listener", daemon=True).start()
    client.send(Stop(checkpoint=True))
    try:
        message = messages.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise not_answering(path) from None
    if message is not None:
        print_text(f"stopping    {path}: writing the final checkpoint", flush=True)
    last = None
    while message is not None:
        if isinstance(message, WireError):
            raise message
        if isinstance(message, Ended | Failed):
            last = message
        message = _next(messages, path)
    while is_locked(path):  # the user's next command may need the run
        _check_alive(path)
        time.sleep(0.05)
    last = last or last_state_event(path)  # a client that connects late does not get the last event
    if not isinstance(last, Ended | Failed):
        raise TrainingError(f"{path} ended before the final checkpoint was written\n{lines_when_over(path, None)}")
    return last


def _stays_locked(path: Path) -> bool:
    """Return whether a run without a socket is still locked after EXIT_SECONDS."""
    give_up = time.monotonic() + EXIT_SECONDS
    while is_locked(path):
        if time.monotonic() > give_up:
            return True
        time.sleep(0.05)
    return False


def _listen(client: RunClient, messages: Messages) -> None:
    try:
        for message in client.messages():
            messages.put(message)
    except WireError as error:
        messages.put(error)
    else:
        messages.put(None)


def _next(messages: Messages, path: Path) -> Grown | Event | WireError | None:
    """Return the next message. Raises RunError when there is no heartbeat."""
    while True:
        try:
            return messages.get(timeout=POLL_SECONDS)
        except queue.Empty:
            _check_alive(path)


def _check_alive(path: Path) -> None:
    """Raise RunError if a heartbeat has stopped for another two beats."""
    if _is_silent(path):
        time.sleep(2 * BEAT_SECONDS)
        if _is_silent(path):
            raise not_answering(path)


def _is_silent(path: Path) -> bool:
    return is_silent(path) and is_locked(path)
