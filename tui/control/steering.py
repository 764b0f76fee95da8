"""What the user asks of the run: which of it this screen may ask, and the command that it comes to."""

from __future__ import annotations

from collections.abc import Callable

from ...core.protocol import Command, Pause, Resume, Rewind, RunState, Sample, SetKnobs, Stop, UseParams
from ..session import Session
from ..state import KNOB_NAMES, OVER, Knob, RunView, factor, turned_factor
from .actions import COMMANDS
from .pending import Pending

STEERING = ("tell", "pause", "turn", "rewind")
"""The app's actions that change the run; `tell` does so with some commands only."""

DRAWING = ("tell", "params")
"""The app's actions that ask for other digits in the panels; the same holds of `tell`."""


class Steering:
    """Turns actions into commands. What comes of them is said by events; what cannot be, by the words returned.

    Args:
        session: Takes the commands.
        view: What is known of the run.
        pending: Keeps what is under way.
        told: Called after each command that is sent.
    """

    def __init__(self, session: Session, view: RunView, pending: Pending, told: Callable[[], None]) -> None:
        self._session = session
        self._view = view
        self._pending = pending
        self._told = told

    def tell(self, command: Command) -> None:
        """Send a command, and note that it is under way."""
        self._pending.send(command)
        self._session.send(command)
        self._told()

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why one of the app's actions is not possible now, for the user; empty when it is."""
        role = self._session.role
        draws = isinstance(COMMANDS[str(parameters[0])], Sample) if action == "tell" else action in DRAWING
        steers = action in STEERING and not draws
        if action == "detach":
            return "" if role.outlives else role.limits
        if not (draws or steers):
            return ""
        if self._view.last is not None:
            return "The run is closed."
        return "" if (role.draws if draws else role.steers) else role.limits

    def pause(self) -> str:
        """Pause, or resume what is paused or about to be. Returns what there is to say."""
        if self._view.state in OVER:
            return f"Training is {self._view.state}; there is nothing to pause."
        self.tell(Resume() if self._is_pausing else Pause())
        return ""

    def turn(self, knob: Knob, direction: int) -> str:
        """Turn a knob to its next factor above (`direction` 1) or below (-1), on from where it was asked to be.

        Returns what there is to say.
        """
        name = KNOB_NAMES[knob]
        if self._view.state in OVER:
            return f"Training is {self._view.state}; {name} has no effect any more."
        wanted = getattr(self._pending.knobs, knob)
        scale = getattr(self._view, knob) if wanted is None else wanted
        following = turned_factor(scale, direction)
        if following is None:
            return f"The factor {factor(scale)} on {name} is the last one."
        self.tell(SetKnobs(**{knob: following}))
        return ""

    def resume(self) -> None:
        """Go on, if the run is paused or about to be."""
        if self._is_pausing and not self._is_ending:
            self.tell(Resume())

    def rewind(self) -> None:
        """Go back to the checkpoint before the present step; one at a time."""
        if Rewind not in self._pending:
            self.tell(Rewind())

    def select_params(self) -> None:
        """Sample with the other parameters: averaged or present."""
        self.tell(UseParams("raw" if self._view.source == "ema" else "ema"))

    def look_at(self, step: int | None) -> None:
        """The user looks at a step (None: at the newest one). What is trained draws with its newest model anyway."""

    def stop(self) -> None:
        """End the run with a final checkpoint; once is enough."""
        if Stop not in self._pending:
            self.tell(Stop(checkpoint=True))

    @property
    def is_stepping(self) -> bool:
        """Whether the run goes on, as far as is known and asked for."""
        return not (self._is_pausing or self._is_ending)

    @property
    def _is_pausing(self) -> bool:
        return Pause in self._pending or (self._view.state == RunState.PAUSED and Resume not in self._pending)

    @property
    def _is_ending(self) -> bool:
        return self._view.state in OVER or self._view.last is not None or Stop in self._pending
