"""The dialog that asks for a line of text, such as a note."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.markup import escape
from textual.widgets import Input

from ...core.errors import UsageError
from .input_screen import InputScreen


class LineScreen(InputScreen[str]):
    """Ask for a line of text; the dialog closes with it, or with None if the user cancels.

    Args:
        title: What is asked for.
        verb: What enter does.
        value: The text to begin with.
        placeholder: What an empty field shows.
        check: Raises UsageError when a text cannot be taken; the dialog says why, and stays open.
    """

    def __init__(
        self, title: str, verb: str, *, value: str = "", placeholder: str = "", check: Callable[[str], object]
    ) -> None:
        super().__init__()
        self._title = title
        self._verb = verb
        self._value = value
        self._placeholder = placeholder
        self._check = check

    def compose(self) -> ComposeResult:
        """Compose a one-line input."""
        with Vertical(classes="dialog") as box:
            box.border_title = escape(self._title)
            box.border_subtitle = f"enter {self._verb}, esc cancels"
            yield Input(value=self._value, placeholder=self._placeholder, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the text, or say why it cannot be taken."""
        if not self.is_on_stack:
            return
        text = event.value.strip()
        try:
            self._check(text)
        except UsageError as error:
            self.query_one(Vertical).border_subtitle = escape(str(error))
        else:
            self.dismiss(text)
