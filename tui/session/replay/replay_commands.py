"""Define the commands of a replay.

A replay also takes Pause, Resume, Rewind and the questions that a trainer answers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnSpeed:
    """Play faster (1) or slower (-1), at the next power of two."""

    direction: int


@dataclass(frozen=True)
class Skip:
    """Go to the next (1) or previous (-1) checkpoint, or the end."""

    direction: int


@dataclass(frozen=True)
class LookAt:
    """Draw images with the model of the cursor's step (None: replay's)."""

    step: int | None


ReplayCommand = TurnSpeed | Skip | LookAt
