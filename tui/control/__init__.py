"""Turn keys into commands, within what is possible now.

Commands that are sent but not yet acknowledged are stored here.

`replay_steering` is imported by name: it imports all that a replay needs, such as the data sets. So are
`browse_actions` and `compare_actions`, each for an app of its own.
"""

from .actions import ACTIONS, COMMANDS, GROUPS, Action, KeyHint
from .key_symbols import key_symbols
from .keymap import Keymap, changeable, check_keymap, rebind
from .pending import Pending
from .possible import Situation, possible_actions, why_not
from .steering import Steering

__all__ = [
    "ACTIONS",
    "COMMANDS",
    "GROUPS",
    "Action",
    "KeyHint",
    "Keymap",
    "Pending",
    "Situation",
    "Steering",
    "changeable",
    "check_keymap",
    "key_symbols",
    "possible_actions",
    "rebind",
    "why_not",
]
