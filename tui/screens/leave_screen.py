"""The dialog that asks how to leave the app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from textual.binding import BindingType

from ...core.protocol import OVER
from ..session import Role
from ..state import RunView, count
from .question import Question

Choice = Literal["stop", "detach", "stay"]


class LeaveScreen(Question[Choice]):
    """Ask whether to stop the run, detach, or stay.

    Enter takes the default of the role. A second ctrl+c, which the app handles, leaves at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "choose('stop')", "Stop"),
        ("d", "choose('detach')", "Detach"),
        ("enter", "choose_usual", "Default"),
        ("escape,n", "choose('stay')", "Stay"),
    ]

    def __init__(self, view: RunView, role: Role) -> None:
        super().__init__("leave?", list(_answers(view, role)), "stops" if role.owns else "detaches")
        self._usual: Choice = "stop" if role.owns else "detach"

    def action_choose(self, choice: Choice) -> None:
        """Close with a choice."""
        self.dismiss(choice)

    def action_choose_usual(self) -> None:
        """Close with the default choice of the role."""
        self.dismiss(self._usual)


def _answers(view: RunView, role: Role) -> Iterator[tuple[str, str]]:
    """Yield the keys and what each of them costs, the default first."""
    detach = ("d", "detach: training goes on without this screen")
    if not role.owns:
        yield detach
    yield "y", f"stop at {_position(view)} with a checkpoint"
    if role.owns:
        if view.state not in OVER:
            yield detach
        yield "ctrl+c", f"leave at once: {_loss(view)}"
    yield "esc", "stay"


def _position(view: RunView) -> str:
    return f"step {count(view.step)}" + (f" of {count(view.model.total_steps)}" if view.model else "")


def _loss(view: RunView) -> str:
    """Return which steps the user loses by leaving at once."""
    saved = view.saved.step if view.saved else 0
    steps = view.step - saved
    if steps <= 0:
        return "every step is saved"
    return f"lose {count(steps)} steps since step {count(saved)}" if saved else f"lose all {count(steps)} steps"
