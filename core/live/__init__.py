"""Serve a run that is being trained, and connect to it from another process.

The process that trains listens on a Unix socket in the run's directory. Viewers read the event log for themselves; the
server only tells them how far the log is whole. Commands, events that are not logged, and the run's last event go over
the socket. `wire` has the messages, `sockets` the socket file, `server` the trainer's end, which never waits for a
viewer, and `client` a viewer's end.
"""

from .client import RunClient
from .sockets import connect
from .wire import Grown

__all__ = [
    "Grown",
    "RunClient",
    "connect",
]
