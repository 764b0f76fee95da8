"""Turn keys into commands, within what is possible now.

Commands that are sent but not yet acknowledged are stored here.
"""

from .actions import ACTIONS, COMMANDS, GROUPS, Action, KeyHint
from .key_symbols import key_symbols
from .pending import Pending
from .possible import Situation, possible_actions, why_not
from .replay_steering import ReplaySteering
from .steering import Steering

__all__ = [
    "ACTIONS",
    "COMMANDS",
    "GROUPS",
    "Action",
    "KeyHint",
    "Pending",
    "ReplaySteering",
    "Situation",
    "Steering",
    "key_symbols",
    "possible_actions",
    "why_not",
]
