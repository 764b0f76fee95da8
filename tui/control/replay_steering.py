"""The keys that steer a run steer the playing of a replay instead, as far as they have a meaning there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...core.protocol import Pause, Resume, Rewind
from ..session.replay import LookAt, ReplaySession, Skip, TurnSpeed
from ..state import OVER, Knob, RunView
from .actions import Action, Family
from .pending import Pending
from .steering import Steering

_SPEED = Family(", .", "Slower, faster", "By powers of two")
_SKIP = Family("< >", "Skip back, on", "To the checkpoint before, the next one, the start or the end")

_WORDS: dict[str, tuple[str, str, str, Family | None]] = {
    "pause": ("play", "Play or pause", "At the end: play it again from the start", None),
    "learning_rate_down": ("speed", "Play slower", "Half as fast", _SPEED),
    "learning_rate_up": ("", "Play faster", "Twice as fast", _SPEED),
    "beta_down": ("skip", "Skip back", "To the checkpoint before, or the start", _SKIP),
    "beta_up": ("", "Skip on", "To the next checkpoint, or the end", _SKIP),
    "rewind": ("", "Go to the cursor's step", "Without a cursor to the checkpoint before", None),
}
"""The label, the title, the tooltip and the family of each action that does something else than to a live run."""


class ReplaySteering(Steering):
    """The steering of a screen that shows a replay.

    Pausing pauses the playing, and at the end of the run it is played again from its start. The keys of the learning
    rate turn the speed, those of beta skip from checkpoint to checkpoint. Rewinding leads to the step cursor, else to
    the checkpoint before.
    """

    def __init__(self, session: ReplaySession, view: RunView, pending: Pending, told: Callable[[], None]) -> None:
        super().__init__(session, view, pending, told)
        self._replay = session

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why one of the app's actions is not possible now, for the user; empty when it is."""
        if self._view.last is None and action in ("pause", "rewind", "turn"):
            return ""
        return super().why_not(action, parameters)

    def pause(self) -> str:
        """Pause, or play on; at the end from the start. Returns what there is to say: nothing."""
        self.tell(Resume() if self._is_pausing or self._view.state in OVER else Pause())
        return ""

    def turn(self, knob: Knob, direction: int) -> str:
        """Play faster (`direction` 1) or slower (-1), or skip on or back. Returns what there is to say: nothing."""
        self._replay.send(TurnSpeed(direction) if knob == "learning_rate_scale" else Skip(direction))
        return ""

    def rewind(self) -> None:
        """Go to the step that the cursor is on, else back to the checkpoint before."""
        self.tell(Rewind())

    def look_at(self, step: int | None) -> None:
        """The user looks at a step (None: at the newest one)."""
        self._replay.send(LookAt(step))


def worded(action: Action) -> Action:
    """An action with the words for what it does in a replay."""
    words = _WORDS.get(action.id)
    return replace(action, label=words[0], title=words[1], tooltip=words[2], family=words[3]) if words else action
