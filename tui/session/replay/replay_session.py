"""Connect the app to a recorded run: its past, and its models to explore."""

from __future__ import annotations

import queue
import time as clock
from collections.abc import Callable
from pathlib import Path

from ....core.protocol import Command, Ended, Event, Failed, Stop
from ....core.training.run_training import failure
from ..session import RECORDING
from ..threaded_session import ThreadedSession
from .log_index import LogIndex
from .replay import Replay
from .replay_commands import ReplayCommand
from .replay_models import Models

TICK_SECONDS, LONGEST_SECONDS = 0.05, 3600.0
"""Time between two polls of the due lines while playing, at least and at most."""


class ReplaySession(ThreadedSession):
    """Post a run's recorded events, and answer with its models.

    The run's files are only read.

    Args:
        run_path: The run's directory.
        checkpoint: The checkpoint to draw with at the end: "best" (lowest validation loss), "latest" or a step.
        speed: Play the run from its start at this multiple of its speed; None: show all of it at once.
    """

    def __init__(self, run_path: Path, *, checkpoint: str = "best", speed: float | None = None) -> None:
        super().__init__("replay", RECORDING)
        self.viewers = 1
        """The number of screens that show the replay: only this one."""
        self._commands: queue.Queue[Command | ReplayCommand] = queue.Queue()
        self._path = run_path
        self._checkpoint = checkpoint
        self._speed = speed

    def send(self, command: Command | ReplayCommand) -> None:
        """Queue a command; the session handles it at once."""
        self._commands.put(command)

    def _work(self, post: Callable[[Event], None]) -> None:
        models = Models(self._path, self._checkpoint, post)
        try:
            replay = Replay(LogIndex(self._path), self._path, models, post)
            replay.begin(self._speed, clock.monotonic())
            models.start()
            while not isinstance(command := self._next(replay), Stop):
                replay.handle_command(command, clock.monotonic())
            last: Ended | Failed = Ended(step=replay.step, reason="stopped")
        except Exception as error:  # the boundary of the thread: the user must see every error
            last = failure(error, 0)
        models.close()
        post(last)

    def _next(self, replay: Replay) -> Command | ReplayCommand:
        """Wait for the next command; play the lines that are due until it arrives."""
        while True:
            wait = replay.wait(clock.monotonic())
            try:
                timeout = None if wait is None else min(max(TICK_SECONDS, wait), LONGEST_SECONDS)
                return self._commands.get(timeout=timeout)
            except queue.Empty:
                replay.advance(clock.monotonic())
