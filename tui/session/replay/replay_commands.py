"""What only a replay can be told; besides, it takes Pause, Resume, Rewind and the questions that a trainer answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnSpeed:
    """Play faster (1) or slower (-1): at the next power of two."""

    direction: int


@dataclass(frozen=True)
class Skip:
    """Go on to the next checkpoint of the run, or else to its end (1); or back to the checkpoint before, or else to the
    start (-1)."""

    direction: int


@dataclass(frozen=True)
class LookAt:
    """The user looks at what was at a step: what is drawn is drawn with the model of that time. None: at the present
    of the replay again."""

    step: int | None


ReplayCommand = TurnSpeed | Skip | LookAt
