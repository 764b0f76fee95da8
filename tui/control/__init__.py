"""Turn keys into commands, within a session's role.

Commands that are sent but not yet acknowledged are stored here.
"""

from .actions import ACTIONS, COMMANDS, Action
from .pending import Pending
from .replay_steering import ReplaySteering, worded
from .steering import Steering

__all__ = [
    "ACTIONS",
    "COMMANDS",
    "Action",
    "Pending",
    "ReplaySteering",
    "Steering",
    "worded",
]
