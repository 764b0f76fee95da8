"""From a session to the app: what the session says waits here until the app takes it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from textual.message import Message

from ...core.protocol import Event, Failed, Metrics
from ..session import Session

BATCH = 500
"""Events that are taken in between two looks at the keyboard, at most."""

MAX_WAITING = 4 * BATCH
"""Events that can wait; whoever has more to say, as who tells the past of a long run, waits for the app."""


class SessionEvents(Message):
    """The feed has events."""


class Feed:
    """Holds the events of a session until the app takes them.

    Metrics come many times a second and nobody is in a hurry for them: they wait for the next look at the feed
    instead of asking for one.
    """

    def __init__(self, session: Session, post: Callable[[SessionEvents], object]) -> None:
        """Prepare; nothing is read yet.

        Args:
            session: Says what happens.
            post: Hands a message to the app, from any thread.
        """
        self._session = session
        self._post_message = post
        self._room = threading.Condition()
        self._waiting: deque[Event] = deque()
        self._taker: int | None = None
        """The app's thread, which never waits for itself."""
        self._is_announced = False
        self._is_closed = False
        self._found_dead = False

    def start(self) -> None:
        """Begin. Called in the app's thread."""
        self._taker = threading.get_ident()
        self._session.start(self._put)

    def take(self) -> list[Event]:
        """The events that wait, in order. Of very many only the first ones; another message tells of the rest."""
        with self._room:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._is_announced = bool(self._waiting)
            self._room.notify_all()
        if self._is_announced:
            self._post_message(SessionEvents())
        return taken

    def close(self) -> None:
        """Nobody takes any more: let the session go on to its end."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()

    def is_dead(self) -> bool:
        """Whether the session has ended without its last event, as found at this look and the one before: it may come
        in between."""
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
    """What to say of a session that has ended without its last event, after a step."""
    return Failed(
        step=step,
        message="what feeds this screen has ended without a word; that is a mistake in vae-tui, its log may say more",
        traceback="",
    )
