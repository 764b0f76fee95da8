"""The dialog that asks how to leave the app."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ...core.protocol import OVER
from ..session import Role
from ..state import RunView, count
from .base import Dialog

Choice = Literal["stop", "detach", "stay"]


class LeaveScreen(Dialog[Choice]):
    """Ask whether to stop the run, detach, or stay.

    Enter takes the default of the role. A second ctrl+c, which the app handles, leaves at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "choose('stop')", "Stop"),
        ("d", "choose('detach')", "Detach"),
        ("enter", "choose_usual", "Default"),
        ("escape", "choose('stay')", "Stay"),
    ]

    def __init__(self, view: RunView, role: Role) -> None:
        super().__init__()
        self._view = view
        self._role = role

    def compose(self) -> ComposeResult:
        """Compose the choices and what each of them costs, the default first."""
        stop = ("q", "stop: write a final checkpoint, then leave")
        detach = ("d", "detach: training goes on without this screen")
        at_once = ("ctrl+c", f"leave at once: {self._loss()}")
        ways = [stop, detach, at_once] if self._role.owns else [detach, stop]
        if self._view.state in OVER:
            ways.remove(detach)
        with Vertical(classes="dialog") as box:
            box.border_title = "leave?"
            yield Static(
                Content("\n").join(
                    Content.assemble((key.rjust(6), "bold $text-primary"), f"  {text}")
                    for key, text in (*ways, ("esc", "stay"))
                )
            )

    def action_choose(self, choice: Choice) -> None:
        """Close with a choice."""
        self.dismiss(choice)

    def action_choose_usual(self) -> None:
        """Close with the default choice of the role."""
        self.dismiss("stop" if self._role.owns else "detach")

    def _loss(self) -> str:
        """Return which steps the user loses by leaving at once."""
        saved = self._view.saved.step if self._view.saved else 0
        steps = self._view.step - saved
        if steps <= 0:
            return "every step is saved"
        since = f"since the checkpoint of step {count(saved)}" if saved else "so far; there is no checkpoint yet"
        return f"lose the {count(steps)} steps {since}"
