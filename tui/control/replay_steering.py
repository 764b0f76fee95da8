"""Steer a replay with the keys that steer a live run."""

from __future__ import annotations

from collections.abc import Callable

from ...core.protocol import OVER, Pause, Resume, Rewind
from ..session.replay import LookAt, ReplaySession, Skip, TurnSpeed
from ..state import Knob, RunView
from .pending import Pending
from .steering import Steering


class ReplaySteering(Steering):
    """The steering of a screen that shows a replay.

    `pause` pauses the replay; at the end of the run it plays the run again from its start. The keys of the learning
    rate change the speed, the keys of beta skip from checkpoint to checkpoint. `rewind` goes to the step cursor, or
    without one to the previous checkpoint.

    Args:
        session: Takes the commands.
        view: The state of the run.
        pending: Holds the commands that are not yet acknowledged.
        on_send: Called after each command that is sent.
    """

    def __init__(self, session: ReplaySession, view: RunView, pending: Pending, on_send: Callable[[], None]) -> None:
        super().__init__(session, view, pending, on_send)
        self._replay = session

    def pause(self) -> None:
        """Pause, continue or replay from the start."""
        state = self._view.state
        self.send(Resume() if self._pending.is_pausing(state) or state in OVER else Pause())

    def turn(self, knob: Knob, direction: int) -> str:
        """Change the speed, or skip, forward (`direction` 1) or back (-1). Returns ""."""
        self._replay.send(TurnSpeed(direction) if knob == "learning_rate_scale" else Skip(direction))
        return ""

    def rewind(self) -> None:
        """Go to the cursor's step, or without a cursor to the previous checkpoint."""
        self.send(Rewind())

    def look_at(self, step: int | None) -> None:
        """Send a move of the step cursor (None: newest) to the session."""
        self._replay.send(LookAt(step))
