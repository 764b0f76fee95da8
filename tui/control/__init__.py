"""Turn keys into commands: every action once, as far as a session's role allows.

Commands that are sent and not yet acknowledged are kept here.
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
