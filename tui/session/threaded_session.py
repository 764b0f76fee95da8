"""Provide the base of all sessions: a thread that posts events."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from ...core.protocol import Event
from .session import Role


class ThreadedSession(ABC):
    """Base of a session with a thread that posts the events.

    The thread is a plain daemon, not a Textual worker: an app that closes waits for its workers, and this thread may be
    in a call that cannot be canceled.

    Args:
        name: The thread's name.
        role: The capabilities of the app.
    """

    def __init__(self, name: str, role: Role) -> None:
        self._name = name
        self._role = role
        self._thread: threading.Thread | None = None

    @property
    def role(self) -> Role:
        """The capabilities of the app."""
        return self._role

    @property
    def is_responding(self) -> bool:
        """Whether the process that trains the run shows signs of life; here it is this process, or there is none."""
        return True

    def start(self, post: Callable[[Event], None]) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._work, args=(post,), name=self._name, daemon=True)
        self._thread.start()

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread. Return whether it has ended or was never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @abstractmethod
    def _work(self, post: Callable[[Event], None]) -> None:
        """Post events; the last one is Ended or Failed."""
