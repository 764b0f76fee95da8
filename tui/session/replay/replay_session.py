"""A session for a run that is not being trained: its past, all at once or played, and its models to explore."""

from __future__ import annotations

import queue
import time as clock
from collections.abc import Callable
from pathlib import Path

from ....core.protocol import Command, Ended, Event, Failed, Stop
from ....core.training.run_training import failure
from ..session import RECORDING, ThreadSession
from .log_index import LogIndex
from .replay import Replay
from .replay_commands import ReplayCommand
from .replay_models import Models

TICK_SECONDS, LONGEST_SECONDS = 0.05, 3600.0
"""Time between two looks at what is due while playing, at least and at most."""


class ReplaySession(ThreadSession):
    """Says again what a run has said, and draws what it is asked for with the model of the step that is seen.

    The run is only read.

    Args:
        run_path: The run's directory.
        checkpoint: What to draw with at the end: "latest", "best" (lowest validation loss) or a step.
        speed: Play it from the start, so many times as fast as it was; None: show all of it at once.
    """

    def __init__(self, run_path: Path, *, checkpoint: str = "latest", speed: float | None = None) -> None:
        super().__init__("replay", RECORDING)
        self._path = run_path
        self._checkpoint = checkpoint
        self._speed = speed

    def send(self, command: Command | ReplayCommand) -> None:
        """Queue a command; it is taken at once."""
        self._commands.put(command)  # type: ignore[arg-type]

    def close(self, seconds: float) -> None:
        """End it, and wait for that, but not longer than so many seconds."""
        self.send(Stop())
        self.join(seconds)

    def _work(self, post: Callable[[Event], None]) -> None:
        models = Models(self._path, self._checkpoint, post)
        try:
            replay = Replay(LogIndex(self._path), self._path, models, post)
            replay.begin(self._speed, clock.monotonic())
            models.start()
            while not isinstance(command := self._next(replay), Stop):
                replay.obey(command, clock.monotonic())
            last: Ended | Failed = Ended(step=replay.step, reason="stopped")
        except Exception as error:  # the boundary of the thread: whatever it was, the user must be told
            last = failure(error, 0)
        models.close()
        post(last)

    def _next(self, replay: Replay) -> Command | ReplayCommand:
        """The next command; what is due meanwhile is told."""
        while True:
            wait = replay.wait(clock.monotonic())
            try:
                timeout = None if wait is None else min(max(TICK_SECONDS, wait), LONGEST_SECONDS)
                return self._commands.get(timeout=timeout)
            except queue.Empty:
                replay.advance(clock.monotonic())
