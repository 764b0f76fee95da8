"""What feeds the app: a session says events and takes commands, wherever the run is computed."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...core.errors import RunError, WireError
from ...core.live import Grown, RunClient
from ...core.protocol import Command, Ended, Event, Failed, Notice
from ...core.run import LogTail, log_path


@dataclass(frozen=True)
class Role:
    """What a screen may do with the run that it shows."""

    name: str
    """What the user is told that the screen is; empty for the one that started the run."""
    steers: bool
    """It may send what changes the run."""
    draws: bool
    """It may ask for other digits in the panels, and with which parameters."""
    outlives: bool
    """The run goes on when the screen is left."""
    owns: bool
    """It started the run: leaving means to stop, and the run waits while the app is suspended."""
    limits: str = ""
    """What the user is told who asks for more than that."""


OWNER = Role("", steers=True, draws=True, outlives=True, owns=True)
VIEWER = Role("attached", steers=True, draws=True, outlives=True, owns=False)
READER = Role(
    "read only",
    steers=False,
    draws=False,
    outlives=True,
    owns=False,
    limits="This screen is read only: it changes nothing of the run.",
)
RECORDING = Role(
    "replay",
    steers=False,
    draws=True,
    outlives=False,
    owns=False,
    limits="This is a replay: nothing is trained here.",
)
"""Nothing is trained, and what is drawn is drawn for this screen alone."""


@dataclass(frozen=True)
class Detached:
    """How the app ends when it is left while the run goes on."""


@dataclass(frozen=True)
class HungUp:
    """How the app ends when its terminal is gone."""


class Session(Protocol):
    """One run as the app sees it, wherever it is computed."""

    @property
    def role(self) -> Role:
        """What the app may do."""
        ...

    @property
    def viewers(self) -> int:
        """How many screens look at the run, this one among them."""
        ...

    def start(self, post: Callable[[Event], None]) -> None:
        """Begin. `post` is called with each event, the run's past first, from any thread; the last one is Ended or
        Failed."""
        ...

    def send(self, command: Command) -> None:
        """Hand a command over and return at once; events tell what became of it."""
        ...

    def join(self, timeout: float | None) -> bool:
        """Wait up to `timeout` seconds (None: as long as it takes); True once nothing runs any more."""
        ...


class _Threaded(ABC):
    """A session in a thread of this process.

    The thread is a plain daemon, not a Textual worker: the app waits for those when it closes, and what is at work
    here may be in the middle of something that cannot be cancelled.
    """

    def __init__(self, name: str, role: Role) -> None:
        self._name = name
        self._role = role
        self._thread: threading.Thread | None = None
        self.viewers = 1
        """How many screens look at the run, this one among them."""

    @property
    def role(self) -> Role:
        """What the app may do."""
        return self._role

    def start(self, post: Callable[[Event], None]) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._work, args=(post,), name=self._name, daemon=True)
        self._thread.start()

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread; True when it has ended or was never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @abstractmethod
    def _work(self, post: Callable[[Event], None]) -> None:
        """Post events, the last one Ended or Failed."""


class ThreadSession(_Threaded):
    """A session that is computed in a thread of this process, which takes commands when it comes to it.

    Args:
        name: The thread's name.
        role: What the app may do.
    """

    def __init__(self, name: str, role: Role) -> None:
        super().__init__(name, role)
        self._commands: queue.Queue[Command] = queue.Queue()

    def send(self, command: Command) -> None:
        """Queue a command; it is taken as soon as the device is free."""
        self._commands.put(command)


class AttachedSession(_Threaded):
    """A run in another process: what is logged is read from its log, the rest and the commands go over its socket.

    Args:
        run_path: The run's directory.
        client: The connection. It is closed once the run has said its last word.
        role: What the app may do.
    """

    def __init__(self, run_path: Path, client: RunClient, role: Role) -> None:
        super().__init__("attached", role)
        self._run_path = run_path
        self._client = client
        self._step = 0

    def send(self, command: Command) -> None:
        """Send a command at once; nothing when the other process is gone, which the last event tells."""
        self._client.send(command)

    def _work(self, post: Callable[[Event], None]) -> None:
        try:
            last = self._follow(post)
        except WireError as error:
            last = Failed(step=self._step, message=str(error), traceback="", usage=True)
        finally:
            self._client.close()
        post(last)

    def _follow(self, post: Callable[[Event], None]) -> Ended | Failed:
        """Post what the run says until it ends; returns its last event."""
        log = LoggedEvents(self._run_path, post)
        past, word, is_in = log.read(), None, False
        for message in self._client.messages():
            is_in = True
            match message:
                case Grown(end=end, viewers=viewers):
                    self.viewers = viewers
                    word = log.read(end=end) or word
                case Ended() | Failed():
                    log.read()
                    return message
                case _:
                    post(message)
            self._step = log.step
        # How an earlier life of the run has ended says nothing of this one; but who was not let in came after the end.
        return log.read() or word or (None if is_in else past) or lost(self._run_path, log.step)


class LoggedEvents:
    """Posts what a run's log has, and tells of damage once.

    Args:
        run_path: The run's directory.
        post: Called with each event but last ones: an earlier life of the run may have ended.
    """

    def __init__(self, run_path: Path, post: Callable[[Event], None]) -> None:
        self.step = 0
        """That of the newest event."""
        self._post = post
        self._log = LogTail(run_path)
        self._problem = ""
        """Why the log cannot be read, as the user was told last."""

    def read(self, start: int | None = None, end: int | None = None) -> Ended | Failed | None:
        """Post the events of a part of the log. Return the last event that the part ends with, if it does.

        Args:
            start: The byte that it begins with; None: where the last part ended.
            end: The byte that it ends before; None: the log's present end.
        """
        if start is not None:
            self._log.position = start
        word = None
        try:
            for event in self._log.read(end):
                self.step = event.step
                word = event if isinstance(event, Ended | Failed) else None
                if word is None:
                    self._post(event)
        except RunError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                text = f"not all that the run has said can be shown: {error}"
                self._post(Notice(step=self.step, level="warning", text=text))
        return word


def lost(run_path: Path, step: int) -> Failed:
    """What to say of a process that hung up without its last event, after a step."""
    log = log_path(run_path)
    return Failed(
        step=step,
        message=f"the training process has ended without a word: it was killed or has crashed; {log} may say more",
        traceback="",
    )
