"""Feed a screen: a session emits events and takes commands, wherever the run is computed.

The base protocol, sessions on live runs, and in `replay/` the session on a recorded one.
"""

from .local_session import LocalSession
from .session import READER, VIEWER, AttachedSession, Detached, HungUp, Role, Session

__all__ = [
    "READER",
    "VIEWER",
    "AttachedSession",
    "Detached",
    "HungUp",
    "LocalSession",
    "Role",
    "Session",
]
