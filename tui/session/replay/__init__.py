"""Replay a recorded run from its log, at any speed.

The folder has the clock, the log index, the models of the recorded checkpoints, and the commands and events that only
a replay has.
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
