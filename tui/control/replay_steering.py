"""Steer a replay with the keys that steer a live run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...core.protocol import OVER, Pause, Resume, Rewind
from ..session.replay import LookAt, ReplaySession, Skip, TurnSpeed
from ..state import Knob, RunView
from .actions import Action, Family
from .pending import Pending
from .steering import Steering

_SPEED = Family(", .", "Slower, faster", "By powers of two")
_SKIP = Family("< >", "Skip back, forward", "To the previous or next checkpoint, the start or the end")

_WORDS: dict[str, tuple[str, str, str, Family | None]] = {
    "pause": ("play", "Play or pause", "At the end: play it again from the start", None),
    "learning_rate_down": ("speed", "Play slower", "Half as fast", _SPEED),
    "learning_rate_up": ("", "Play faster", "Twice as fast", _SPEED),
    "beta_down": ("skip", "Skip back", "To the previous checkpoint, or the start", _SKIP),
    "beta_up": ("", "Skip forward", "To the next checkpoint, or the end", _SKIP),
    "rewind": ("", "Go to the cursor's step", "Without a cursor, to the previous checkpoint", None),
}
"""The label, title, tooltip and family of each action that differs from that on a live run."""


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

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why an action is not possible now, for the user, or ""."""
        if self._view.last is None and action in ("pause", "rewind", "turn"):
            return ""
        return super().why_not(action, parameters)

    def pause(self) -> str:
        """Pause, continue or replay from the start. Returns ""."""
        self.send(Resume() if self._is_pausing or self._view.state in OVER else Pause())
        return ""

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


def worded(action: Action) -> Action:
    """Return an action with its texts for a replay."""
    words = _WORDS.get(action.id)
    return replace(action, label=words[0], title=words[1], tooltip=words[2], family=words[3]) if words else action
