"""From a session to the app: the run's past first, then what the session says, until it falls silent."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from textual.message import Message

from ..core.errors import VaeTuiError
from ..core.events import Event, Failed, Metrics, Notice
from .session import Session

BATCH = 500
"""Events that are taken in between two looks at the keyboard, at most."""


class SessionEvents(Message):
    """The feed has events."""


class Feed:
    """Holds the events of a session until the app takes them; no one who says something waits for the screen.

    Metrics come after every chunk of steps and nobody is in a hurry for them: they wait for the next look at the feed
    instead of asking for one. A trainer in this process would else wait for the interpreter at the end of each chunk.
    """

    def __init__(
        self, session: Session, past: Callable[[], Iterable[Event]], post: Callable[[SessionEvents], object]
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            session: Says what happens.
            past: Gives the run's earlier events; called in a thread of its own.
            post: Hands a message to the app, from any thread.
        """
        self._session = session
        self._past = past
        self._post_message = post
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Event, bool]] = deque()
        self._is_announced = False
        self._started = False
        self._found_dead = False

    def start(self) -> None:
        """Begin, in a thread: first the past, so that the session's first event comes after it."""
        threading.Thread(target=self._start, name="start", daemon=True).start()

    def take(self) -> list[tuple[Event, bool]]:
        """The events that wait, in order, each with whether it is of an earlier life of the run, read from its log.

        Of very many only the first ones; another message tells of the rest.
        """
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._is_announced = bool(self._waiting)
        if self._is_announced:
            self._post_message(SessionEvents())
        return taken

    def is_dead(self) -> bool:
        """Whether the session has ended, as found at this look and the one before: its last words may come in
        between."""
        if not self._started or not self._session.join(0):
            return False
        found, self._found_dead = self._found_dead, True
        return found

    def _start(self) -> None:
        try:
            for event in self._past():
                self._put(event, past=True)
        except (OSError, ValueError, VaeTuiError) as error:
            self._put(Notice(step=0, level="warning", text=f"the run's earlier events cannot all be read: {error}"))
        finally:
            self._session.start(self._put)
            self._started = True

    def _put(self, event: Event, *, past: bool = False) -> None:
        with self._lock:
            self._waiting.append((event, past))
            if self._is_announced or (isinstance(event, Metrics) and len(self._waiting) < BATCH):
                return
            self._is_announced = True
        self._post_message(SessionEvents())


def died(step: int) -> Failed:
    """What to say of a session that has ended without its last event."""
    return Failed(
        step=step,
        message="the trainer ended without a word; that is a mistake in vae-tui, and its log may say more",
        traceback="",
    )
