"""Connect the app to a run: a session posts events and takes commands.

The folder has the base protocol, the sessions of live runs, and in `replay/` the session of a recorded run.

`local_session` is imported by name: it imports the trainer, which only the process that trains needs.
"""

from .attached_session import AttachedSession
from .session import READER, RECORDING, VIEWER, Detached, HungUp, Role, Session

__all__ = [
    "READER",
    "RECORDING",
    "VIEWER",
    "AttachedSession",
    "Detached",
    "HungUp",
    "Role",
    "Session",
]
