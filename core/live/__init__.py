"""Serve a run that is being trained, and connect to it from another process.

The training process (the host) listens on a Unix socket in the run's directory. Viewers read the event log from the
disk; the server only sends the size of the log's complete lines. Commands, events that are not logged, and the run's
final event go over the socket. `wire` has the messages, `sockets` the socket file, `server` the host's end, which never
waits for a viewer, and `client` a viewer's end.
"""

from .client import RunClient
from .sockets import connect, not_answering, not_live
from .wire import Grown

__all__ = [
    "Grown",
    "RunClient",
    "connect",
    "not_answering",
    "not_live",
]
