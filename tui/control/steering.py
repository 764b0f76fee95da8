"""Turn the user's actions into commands."""

from __future__ import annotations

from collections.abc import Callable

from ...core.protocol import Command, Pause, Resume, Rewind, SetKnobs, Stop, UseParams
from ..session import Session
from ..state import KNOB_NAMES, Knob, RunView, factor, turned_factor
from .pending import Pending


class Steering:
    """Turns actions into commands.

    Events report what became of a command. `why_not` says which actions are possible.

    Args:
        session: Takes the commands.
        view: The state of the run.
        pending: Holds the commands that are not yet acknowledged.
        on_send: Called after each command that is sent.
    """

    def __init__(self, session: Session, view: RunView, pending: Pending, on_send: Callable[[], None]) -> None:
        self._session = session
        self._view = view
        self._pending = pending
        self._on_send = on_send

    def send(self, command: Command) -> None:
        """Send a command, and record it as pending."""
        self._pending.send(command)
        self._session.send(command)
        self._on_send()

    def pause(self) -> None:
        """Pause or resume the run."""
        self.send(Resume() if self._pending.is_pausing(self._view.state) else Pause())

    def turn(self, knob: Knob, direction: int) -> str:
        """Turn a knob to its next factor above (`direction` 1) or below (-1).

        A change that is still pending counts as made. Returns a message for the user, or "".
        """
        wanted = getattr(self._pending.knobs, knob)
        scale = getattr(self._view, knob) if wanted is None else wanted
        following = turned_factor(scale, direction)
        if following is None:
            return f"The factor on {KNOB_NAMES[knob]} is at its limit, {factor(scale)}."
        self.send(SetKnobs(**{knob: following}))
        return ""

    def rewind(self) -> None:
        """Go back to the checkpoint before the current step, unless a rewind is pending."""
        if Rewind not in self._pending:
            self.send(Rewind())

    def select_params(self) -> None:
        """Switch the samples between the averaged (EMA) and the raw parameters."""
        self.send(UseParams("raw" if self._view.source == "ema" else "ema"))

    def look_at(self, step: int | None) -> None:
        """Handle a move of the step cursor (None: to the newest step).

        Does nothing here: a live run always draws with its newest model.
        """

    def stop(self) -> None:
        """End the run with a final checkpoint, unless a stop is pending."""
        if Stop not in self._pending:
            self.send(Stop(checkpoint=True))
