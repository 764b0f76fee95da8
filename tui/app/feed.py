"""Queue a session's events until the app takes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from textual.message import Message

from ...core.protocol import Event, Failed, Metrics
from ..session import Session

BATCH = 500
"""Events that the app takes at once, at most, before it handles keys again."""

MAX_WAITING = 4 * BATCH
"""Events that the queue holds, at most; a session with more, such as the past of a long run, waits for the app."""


class SessionEvents(Message):
    """Posted when the feed has events."""


class Feed:
    """A bounded queue of a session's events.

    Metrics arrive many times a second and are not urgent: they wait for the app's next timer tick. Other events post a
    `SessionEvents` message at once.
    """

    def __init__(self, session: Session, post: Callable[[SessionEvents], object]) -> None:
        """Create the queue; `start` starts the session.

        Args:
            session: Emits the events.
            post: Posts a message to the app, from any thread.
        """
        self._session = session
        self._post_message = post
        self._room = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._taker: int | None = None
        """The app's thread, which must never wait for itself to make room."""
        self._is_announced = False
        self._is_closed = False
        self._found_dead = False

    def start(self) -> None:
        """Start the session. Call it in the app's thread."""
        self._taker = threading.get_ident()
        self._session.start(self._put)

    def take(self) -> list[Event]:
        """Return the queued events in order, at most BATCH; another message announces the rest."""
        with self._room:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._is_announced = bool(self._waiting)
            self._room.notify_all()
        if self._is_announced:
            self._post_message(SessionEvents())
        return taken

    def close(self) -> None:
        """Drop all further events, so that the session never waits for the app again."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()

    def is_dead(self) -> bool:
        """Return whether two polls found the session ended without its last event.

        One poll is not enough: the event may arrive right after it.
        """
        if self._taker is None or self._waiting or not self._session.join(0):
            return False
        found, self._found_dead = self._found_dead, True
        return found

    def _put(self, event: Event) -> None:
        with self._room:
            if threading.get_ident() != self._taker:
                self._room.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._is_closed)
            if self._is_closed:
                return
            self._waiting.append(event)
            if self._is_announced or (isinstance(event, Metrics) and len(self._waiting) < BATCH):
                return
            self._is_announced = True
        self._post_message(SessionEvents())


def died(step: int) -> Failed:
    """Return the event for a session that ended without one."""
    return Failed(
        step=step,
        message="The session ended unexpectedly. This is a bug; details are in train.log or view.log.",
        traceback="",
    )
