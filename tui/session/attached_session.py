"""Connect the app to a run that another process trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core.errors import WireError
from ...core.live import Grown, RunClient
from ...core.protocol import Command, Ended, Event, Failed
from ...core.run import is_silent, log_path
from .logged_events import LoggedEvents
from .session import Role
from .threaded_session import ThreadedSession


class AttachedSession(ThreadedSession):
    """Show a run of another process.

    Logged events come from the run's log, all other messages use its socket.

    Args:
        run_path: The run's directory.
        client: The connection. The session closes it after the run's final event.
        role: The capabilities of the app.
    """

    def __init__(self, run_path: Path, client: RunClient, role: Role) -> None:
        super().__init__("attached", role)
        self.viewers = 1
        """The number of screens that show the run, including this one."""
        self._run_path = run_path
        self._client = client
        self._step = 0

    @property
    def is_responding(self) -> bool:
        """Whether the other process still writes the run's heartbeat; it does not while it is suspended."""
        return not is_silent(self._run_path)

    def send(self, command: Command) -> None:
        """Send a command at once.

        When the other process is gone, the final event reports it.
        """
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
        """Post the run's events until it ends. Return its final event."""
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
        # A final event in the past is that of an earlier session of the run, unless the host was gone before Welcome.
        return log.read() or word or (None if is_in else past) or lost(self._run_path, log.step)


def lost(run_path: Path, step: int) -> Failed:
    """Make the final event for a training process that just hung up."""
    log = log_path(run_path)
    return Failed(
        step=step,
        message=f"the training process ended unexpectedly: it was killed or it crashed; see {log}",
        traceback="",
    )
