"""The question that ctrl+c asks."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ..text import count
from ..view import RunView
from .base import Dialog

Choice = Literal["stop", "stay"]


class LeaveScreen(Dialog[Choice]):
    """Stop properly, or stay. A second ctrl+c, which the app handles, leaves at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q,enter", "choose('stop')", "Stop"),
        ("escape", "choose('stay')", "Stay"),
    ]

    def __init__(self, view: RunView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        """Three ways, a line each, with what each of them costs."""
        with Vertical(classes="dialog") as box:
            box.border_title = "leave?"
            yield Static(
                Content("\n").join(
                    Content.assemble((key.rjust(6), "bold $text-primary"), f"  {text}")
                    for key, text in (
                        ("q", "stop: write a final checkpoint, then leave"),
                        ("ctrl+c", f"leave at once: {self._loss()}"),
                        ("esc", "stay"),
                    )
                )
            )

    def action_choose(self, choice: Choice) -> None:
        """Close with the choice."""
        self.dismiss(choice)

    def _loss(self) -> str:
        """What leaving at once gives up."""
        saved = self._view.saved.step if self._view.saved else 0
        steps = self._view.step - saved
        if steps <= 0:
            return "every step is saved"
        since = f"since the checkpoint of step {count(saved)}" if saved else "so far; there is no checkpoint yet"
        return f"lose the {count(steps)} steps {since}"
