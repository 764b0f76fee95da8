"""Turn keys into commands, within what is possible now.

Commands that are sent but not yet acknowledged are stored here.
"""

from .actions import ACTIONS, COMMANDS, GROUPS, Action, KeyHint
from .key_symbols import key_symbols
from .keymap import Keymap, changeable, check_keymap, rebind
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
    "Keymap",
    "Pending",
    "ReplaySteering",
    "Situation",
    "Steering",
    "changeable",
    "check_keymap",
    "key_symbols",
    "possible_actions",
    "rebind",
    "why_not",
]
