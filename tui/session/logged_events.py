"""Post the events of a live run's log to the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core.errors import RunError
from ...core.protocol import Ended, Event, Failed, Notice
from ...core.run import LogTail


class LoggedEvents:
    """Post the events of a log, and report each problem once.

    Args:
        run_path: The run's directory.
        post: Called with each event except final ones, which may be those of an earlier session of the run.
    """

    def __init__(self, run_path: Path, post: Callable[[Event], None]) -> None:
        self.step = 0
        """The step of the newest event."""
        self._post = post
        self._log = LogTail(run_path)
        self._problem = ""
        """The last reported problem of the log."""

    def read(self, start: int | None = None, end: int | None = None) -> Ended | Failed | None:
        """Post the events of a part of the log.

        Args:
            start: The first byte of the part; None: the end of the previous part.
            end: The byte after the part; None: the current end of the log.

        Returns:
            The run's final event if the part ends with it, else None.
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
                text = f"part of the run's log cannot be shown: {error}"
                self._post(Notice(step=self.step, level="warning", text=text))
        return word
