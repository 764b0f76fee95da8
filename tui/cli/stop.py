"""`vae-tui stop`: end a run that is being trained somewhere, with a final checkpoint."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path

from ...core.errors import RunError, TrainingError, WireError
from ...core.live import Grown, RunClient, connect
from ...core.protocol import Ended, Event, Failed, Stop
from ...core.run import BEAT_SECONDS, SILENT_SECONDS, age, holder, is_locked, last_word
from ..process.exit_codes import INTERRUPTED
from .choose_run import live_run
from .outcome import error_of, words_after

ANSWER_SECONDS = 10.0
"""How long a host may take to answer a viewer; it does so at once, also while it compiles."""

EXIT_SECONDS = 2.0
"""How long a process may hold a run after it has closed its socket."""

POLL_SECONDS = 1.0
"""Time between two looks whether a host that says nothing is alive."""

Said = queue.Queue[Grown | Event | WireError | None]
"""What a host says, in order; an error or None at last."""


def stop(name: str | None) -> int:
    """Stop a live run and wait until it has ended. Returns the exit code.

    Args:
        name: The run, as `live_run` takes it.

    Raises:
        UsageError: when there is no such run, or its process does not answer.
        TrainingError: when training failed, or broke off before the final checkpoint was written.
        WireError: when its process refuses or cannot be understood.
    """
    path = live_run(name)
    try:
        client = RunClient(connect(path), readonly=False)
    except RunError as error:
        raise _unresponsive(path) if _stays_locked(path) else error from None
    try:
        last = _stop(client, path)
    except KeyboardInterrupt:
        print("\nno longer waiting; the run stops all the same")
        return INTERRUPTED
    finally:
        client.close()
    if isinstance(last, Failed):
        raise error_of(path, last)
    print(words_after(path, last))
    return 0


def _stop(client: RunClient, path: Path) -> Ended | Failed:
    """Tell a run to stop. Returns its last event once the process that trained it has ended."""
    said: Said = queue.Queue()
    threading.Thread(target=_listen, args=(client, said), name="listener", daemon=True).start()
    client.send(Stop(checkpoint=True))
    try:
        message = said.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise _unresponsive(path) from None
    if message is not None:
        print(f"stopping    {path}: writing the final checkpoint", flush=True)
    last = None
    while message is not None:
        if isinstance(message, WireError):
            raise message
        if isinstance(message, Ended | Failed):
            last = message
        message = _next(said, path)
    while is_locked(path):  # what is typed next may need the run
        _check_alive(path)
        time.sleep(0.05)
    last = last or last_word(path)  # who comes late is not told by the process any more
    if not isinstance(last, Ended | Failed):
        raise TrainingError(f"{path} broke off before the final checkpoint was written\n{words_after(path, None)}")
    return last


def _stays_locked(path: Path) -> bool:
    """Whether a run without a socket is held by more than a process that is about to exit."""
    give_up = time.monotonic() + EXIT_SECONDS
    while is_locked(path):
        if time.monotonic() > give_up:
            return True
        time.sleep(0.05)
    return False


def _listen(client: RunClient, said: Said) -> None:
    try:
        for message in client.messages():
            said.put(message)
    except WireError as error:
        said.put(error)
    else:
        said.put(None)


def _next(said: Said, path: Path) -> Grown | Event | WireError | None:
    """What the host says next, however long it takes. Raises RunError when its heart no longer beats."""
    while True:
        try:
            return said.get(timeout=POLL_SECONDS)
        except queue.Empty:
            _check_alive(path)


def _check_alive(path: Path) -> None:
    """Raise RunError when a run's heart beats no more. A machine that has slept looks like that until the next beat."""
    if _is_silent(path):
        time.sleep(2 * BEAT_SECONDS)
        if _is_silent(path):
            raise _unresponsive(path)


def _is_silent(path: Path) -> bool:
    return (age(path) or 0.0) > SILENT_SECONDS and is_locked(path)


def _unresponsive(path: Path) -> RunError:
    pid = holder(path)
    process = f"process {pid}, which trains {path}," if pid else f"the process that trains {path}"
    return RunError(
        f"{process} does not answer; `kill {pid or 'PID'}` ends it if it can still write a checkpoint,"
        f" `kill -9 {pid or 'PID'}` in any case"
    )
