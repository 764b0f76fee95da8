"""The dialog that asks for a step to move the cursor to."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from ..state import count
from .input_screen import InputScreen


class StepScreen(InputScreen[int]):
    """Ask for a step within a range.

    The dialog closes with the step, or with None if the user cancels.
    """

    def __init__(self, first: int, last: int) -> None:
        """Ask for a step from `first` to `last`."""
        super().__init__()
        self._first, self._last = first, last

    def compose(self) -> ComposeResult:
        """Compose a one-line input."""
        with Vertical(classes="dialog") as box:
            box.border_title = "go to step"
            box.border_subtitle = self._range
            yield Input(type="integer", placeholder=str(self._last), max_length=12)

    @property
    def _range(self) -> str:
        return f"{count(self._first)} to {count(self._last)} · enter goes, esc stays"

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the step, or show the range if it is outside."""
        if not self.is_on_stack:
            return
        step = int(event.value) if event.value.strip().isdecimal() else None
        if step is not None and self._first <= step <= self._last:
            self.dismiss(step)
            return
        box = self.query_one(Vertical)
        box.border_subtitle = f"enter a step from {count(self._first)} to {count(self._last)}"
        event.input.select_all()
