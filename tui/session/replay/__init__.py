"""Play a recorded run again from its log: at once, or at any speed, from any step.

The clock, the index of the log, the models of the recorded checkpoints, and what only a replay can be told or says.
"""

from .replay_commands import LookAt, Skip, TurnSpeed
from .replay_events import Jumped, ReplayEvent
from .replay_session import ReplaySession

__all__ = [
    "Jumped",
    "LookAt",
    "ReplayEvent",
    "ReplaySession",
    "Skip",
    "TurnSpeed",
]
