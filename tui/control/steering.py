"""Turn the user's actions into commands, as far as the screen's role allows."""

from __future__ import annotations

from collections.abc import Callable

from ...core.protocol import OVER, Command, Pause, Resume, Rewind, RunState, Sample, SetKnobs, Stop, UseParams
from ..session import Session
from ..state import KNOB_NAMES, Knob, RunView, factor, turned_factor
from .actions import COMMANDS
from .pending import Pending

STEERING = ("send", "pause", "turn", "rewind")
"""The app's actions that change the run; `send` changes it with some commands only."""

DRAWING = ("send", "params")
"""The app's actions that redraw the digits in the panels; `send` does so with some commands only."""


class Steering:
    """Turns actions into commands.

    Events report what became of a command. A method returns a message for the user if it cannot send one.

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

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why an action is not possible now, for the user, or "".

        Args:
            action: The name of the app's action.
            parameters: The action's arguments.
        """
        role = self._session.role
        draws = isinstance(COMMANDS[str(parameters[0])], Sample) if action == "send" else action in DRAWING
        steers = action in STEERING and not draws
        if action == "detach":
            return "" if role.outlives else role.limits
        if not (draws or steers):
            return ""
        if self._view.last is not None:
            return "The run is closed."
        return "" if (role.draws if draws else role.steers) else role.limits

    def pause(self) -> str:
        """Pause or resume the run. Returns a message for the user, or ""."""
        if self._view.state in OVER:
            return f"Training is {self._view.state}; there is nothing to pause."
        self.send(Resume() if self._is_pausing else Pause())
        return ""

    def turn(self, knob: Knob, direction: int) -> str:
        """Turn a knob to its next factor above (`direction` 1) or below (-1).

        A change that is still pending counts as made. Returns a message for the user, or "".
        """
        name = KNOB_NAMES[knob]
        if self._view.state in OVER:
            return f"Training is {self._view.state}; {name} no longer has an effect."
        wanted = getattr(self._pending.knobs, knob)
        scale = getattr(self._view, knob) if wanted is None else wanted
        following = turned_factor(scale, direction)
        if following is None:
            return f"The factor on {name} is at its limit, {factor(scale)}."
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

    @property
    def _is_pausing(self) -> bool:
        return Pause in self._pending or (self._view.state == RunState.PAUSED and Resume not in self._pending)
