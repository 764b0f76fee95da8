"""Connect the app to a run that this process trains."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...core.live.live_run import LiveRun
from ...core.protocol import Command, Ended, Event, Failed, Generated
from ...core.run import complete_size, log_size
from .logged_events import LoggedEvents
from .session import OWNER
from .threaded_session import ThreadedSession

MAX_WAITING = 1000
"""Events that wait for the app, at most; further ones are read from the log later."""


class _Missed(NamedTuple):
    """A part of the log, in bytes, whose events were not queued as objects."""

    start: int
    end: int


class LocalSession(ThreadedSession):
    """Pass the trainer's events to the app, and the app's commands back.

    The trainer never waits for the app. Logged events that do not fit into the queue are read from the log, merged into
    events of many steps, once the app has handled the queue. So is the past of a resumed run, first of all. Of events
    that are not logged, the newest of each type is stored, and every answer.

    Args:
        run_path: The run's directory.
        live: The run, not started yet.
    """

    def __init__(self, run_path: Path, live: LiveRun) -> None:
        super().__init__("session", OWNER)
        self._run_path = run_path
        self._live = live
        self._changed = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._logged_to = complete_size(run_path)
        """Bytes of the log whose events were posted or are in the queue."""
        self._missed = _Missed(0, self._logged_to) if self._logged_to else None
        self._unlogged: dict[type, Event] = {}
        self._last: Ended | Failed | None = None
        self._is_closed = False
        live.has_screen = True
        live.subscribe(self._put)

    @property
    def viewers(self) -> int:
        """The number of screens that show the run, including this one."""
        return self._live.viewers + 1

    def start(self, post: Callable[[Event], None]) -> None:
        """Start training, and post the run's past and then its events."""
        super().start(post)
        self._live.start()

    def send(self, command: Command) -> None:
        """Queue a command for the trainer."""
        self._live.send(command)

    def close(self) -> None:
        """Disconnect from the run, which has no screen here any more.

        May be called in any thread, and more than once.
        """
        self._live.has_screen = False
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._unlogged.clear()
            self._changed.notify()

    def _put(self, event: Event) -> None:
        """Queue an event. Called in the trainer's thread."""
        end = log_size(self._run_path) if event.is_logged else None
        with self._changed:
            if self._is_closed:
                return
            is_full = self._missed is not None or len(self._waiting) >= MAX_WAITING
            match event:
                case Ended() | Failed():
                    self._last = event
                case Generated():
                    self._waiting.append(event)  # never many: each widget has at most one open question
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
        """Wait for events to post and a part of the log; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_more or self._last is not None or self._is_closed)
            if self._is_closed or not self._has_more:
                return None
            events = list(self._waiting)
            self._waiting.clear()
            missed, self._missed = self._missed, None
            if missed is not None and missed.start < missed.end:
                self._missed = _Missed(missed.end, missed.end)  # events that arrive while it is read are also missed
                return events, missed
            events += self._unlogged.values()
            self._unlogged.clear()
            return events, None

    @property
    def _has_more(self) -> bool:
        return bool(self._waiting or self._missed or self._unlogged)
