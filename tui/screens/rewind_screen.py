"""The dialog that asks before a rewind."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from ..state import count
from .question import Question


class RewindScreen(Question[bool]):
    """Ask whether to lose the steps since a checkpoint; close with True to rewind.

    Args:
        step: The current step.
        checkpoint: The step of the checkpoint.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,enter", "answer(True)", "Rewind"),
        ("escape,n", "answer(False)", "Stay"),
    ]

    def __init__(self, step: int, checkpoint: int) -> None:
        lost = f"lose {count(step - checkpoint)} steps since step {count(checkpoint)}, and pause there"
        super().__init__("rewind?", [("y", lost), ("esc", "stay")], "rewinds")

    def action_answer(self, rewinds: bool) -> None:
        """Close with an answer."""
        self.dismiss(rewinds)
