"""Hold what a user prefers on this machine, whatever is trained.

`settings_file` reads the file that the user writes, `memory` keeps what the user chose with keys, and `preferences`
lays one over the other.
"""

from .memory import Memory, state_path
from .preferences import Preferences, load_preferences
from .settings import Settings
from .settings_file import in_file, load_settings, settings_path
from .starts import Starts

__all__ = [
    "Memory",
    "Preferences",
    "Settings",
    "Starts",
    "in_file",
    "load_preferences",
    "load_settings",
    "settings_path",
    "state_path",
]
