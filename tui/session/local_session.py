"""A run that this process trains, as the app sees it: events come from the trainer's thread as objects."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...core.live.live_run import LiveRun
from ...core.protocol import Command, Ended, Event, Failed, Generated
from ...core.run import complete_size, log_size
from .session import OWNER, LoggedEvents, Role

MAX_WAITING = 1000
"""Events that wait for the app, at most. What comes on top of them is read from the log later."""


class _Missed(NamedTuple):
    """A part of the log, in bytes, whose events the app has not had as objects."""

    start: int
    end: int


class LocalSession:
    """Passes a run's events from the trainer's thread to the app, and the app's commands to the trainer.

    The trainer never waits for the app. What does not fit into the queue is merged: the events are in the log, from
    which they are read, many steps at a time, once the app has taken what was in the queue. The past of a resumed run
    is the first thing that is read so. Of what is not logged, the newest of each kind is kept, and every answer.

    Args:
        run_path: The run's directory.
        live: The run, which has not been started.
    """

    def __init__(self, run_path: Path, live: LiveRun) -> None:
        self._run_path = run_path
        self._live = live
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._logged_to = complete_size(run_path)
        """Bytes of the log whose events have been handed over, or wait in the queue."""
        self._missed = _Missed(0, self._logged_to) if self._logged_to else None
        self._unlogged: dict[type, Event] = {}
        self._last: Ended | Failed | None = None
        self._is_closed = False
        live.has_screen = True
        live.subscribe(self._put)

    @property
    def role(self) -> Role:
        """What the app may do."""
        return OWNER

    @property
    def viewers(self) -> int:
        """How many screens show the run, this one among them."""
        return self._live.viewers + 1

    def start(self, post: Callable[[Event], None]) -> None:
        """Start the training, and post the run's past and then its events from a thread of the session's own."""
        self._thread = threading.Thread(target=self._work, args=(post,), name="session", daemon=True)
        self._thread.start()
        self._live.start()

    def send(self, command: Command) -> None:
        """Queue a command for the trainer."""
        self._live.send(command)

    def join(self, timeout: float | None) -> bool:
        """Wait for the session's thread; True when it has ended or was never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Let go of the run: it has no screen here any more. May be called in any thread, and more than once."""
        self._live.has_screen = False
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._unlogged.clear()
            self._changed.notify()

    def _put(self, event: Event) -> None:
        """Take an event in, in the trainer's thread."""
        end = log_size(self._run_path) if event.is_logged else None
        with self._changed:
            if self._is_closed:
                return
            is_full = self._missed is not None or len(self._waiting) >= MAX_WAITING
            match event:
                case Ended() | Failed():
                    self._last = event
                case Generated():
                    self._waiting.append(event)  # no asker has more than one question on its way
                case _ if not is_full:
                    self._waiting.append(event)
                    self._logged_to = end or self._logged_to
                case Event(is_logged=True):
                    start = self._missed.start if self._missed else self._logged_to
                    self._logged_to = end or self._logged_to
                    self._missed = _Missed(start, self._logged_to)
                case _:
                    self._unlogged[type(event)] = event
            self._changed.notify()

    def _work(self, post: Callable[[Event], None]) -> None:
        log = LoggedEvents(self._run_path, post)
        while (found := self._next()) is not None:
            events, missed = found
            for event in events:
                post(event)
            if missed is not None:
                log.read(missed.start, missed.end)
        if self._last is not None:
            post(self._last)

    def _next(self) -> tuple[list[Event], _Missed | None] | None:
        """Wait for something to hand over: events, and then a part of the log. None after the last event."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_more or self._last is not None or self._is_closed)
            if self._is_closed or not self._has_more:
                return None
            events = list(self._waiting)
            self._waiting.clear()
            missed, self._missed = self._missed, None
            if missed is not None and missed.start < missed.end:
                self._missed = _Missed(missed.end, missed.end)  # what comes while that is read is missed, too
                return events, missed
            events += self._unlogged.values()
            self._unlogged.clear()
            return events, None

    @property
    def _has_more(self) -> bool:
        return bool(self._waiting or self._missed or self._unlogged)
