"""Train without viewers, on a disk that has no sockets."""

from __future__ import annotations

from ..protocol import Event


class NoServer:
    """Take the place of a `RunServer` that cannot listen: no viewer connects."""

    viewers = 0
    """The number of connected viewers."""

    def __init__(self) -> None:
        self.local_screens = 0
        """Screens of this process that show the run."""

    def start(self) -> None:
        """Do nothing: there is no thread."""

    def publish(self, event: Event) -> None:
        """Do nothing: there is no viewer."""

    def close(self) -> None:
        """Do nothing: there is no socket."""
