"""What feeds the app: a session says events and takes commands. Here, a trainer in this process."""

from __future__ import annotations

import queue
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from ..core.commands import Command
from ..core.events import Event
from ..core.rundir import RunDirectory

SWITCH_SECONDS = 0.0005
"""How long the trainer waits for the interpreter, at most, when a chunk of steps is done and the screen is being drawn.
Python's own 5 ms would be 8 % of a chunk."""


class Session(Protocol):
    """One run as the app sees it, wherever it is computed."""

    def start(self, post: Callable[[Event], None]) -> None:
        """Begin. `post` is called with each event, from any thread; the last one is Ended or Failed."""
        ...

    def send(self, command: Command) -> None:
        """Hand a command over and return at once; events tell what became of it."""
        ...

    def join(self, timeout: float | None) -> bool:
        """Wait up to `timeout` seconds (None: as long as it takes); True once nothing runs any more."""
        ...


class ThreadSession(ABC):
    """A session in a thread of this process.

    The thread is a plain daemon, not a Textual worker: the app waits for those when it closes, and what is at work
    on the device cannot be cancelled from outside.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._commands: queue.Queue[Command] = queue.Queue()
        self._thread: threading.Thread | None = None

    def start(self, post: Callable[[Event], None]) -> None:
        """Start the thread; JAX is imported in it."""
        self._thread = threading.Thread(target=self._work, args=(post,), name=self._name, daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Queue a command; it is taken as soon as the device is free."""
        self._commands.put(command)

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread; True when it has ended or was never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @abstractmethod
    def _work(self, post: Callable[[Event], None]) -> None:
        """Post events, the last one Ended or Failed, and do what is commanded."""


class TrainerSession(ThreadSession):
    """A trainer, which takes commands between two chunks of steps."""

    def __init__(self, run: RunDirectory, *, resume: bool, note: str = "") -> None:
        super().__init__("trainer")
        self._run = run
        self._resume = resume
        self._note = note

    def _work(self, post: Callable[[Event], None]) -> None:
        from ..core.training import run_training

        sys.setswitchinterval(SWITCH_SECONDS)
        run_training(self._run, self._commands, post, resume=self._resume, attended=True, note=self._note)
