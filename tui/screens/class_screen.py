"""The dialog that asks for a class."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from ..control import key_symbols
from ..state import answer_class, find_classes
from ..widgets.app_capabilities import capabilities_of
from .input_screen import InputScreen


class ClassScreen(InputScreen[int]):
    """Ask for a class by its number or name.

    The dialog closes with the label, or with None if the user cancels.

    Args:
        names: The names of the classes, by label.
    """

    DEFAULT_CSS = """
    ClassScreen {
        & Static {
            height: 1;
            color: $foreground-muted;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        """Compose an input, and a line about what it means."""
        with Vertical(classes="dialog") as box:
            box.border_title = "class"
            right = key_symbols(("right",), capabilities_of(self.app).unicode)
            box.border_subtitle = f"{right} completes, enter chooses, esc closes"
            yield Input(suggester=SuggestFromList(self._names, case_sensitive=False), max_length=80)
            yield Static(Content(answer_class("", self._names)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say which class the text means."""
        self.query_one(Static).update(Content(answer_class(event.value, self._names)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the class if the text means one."""
        if not self.is_on_stack:
            return
        found = find_classes(event.value, self._names)
        if len(found) == 1:
            self.dismiss(found[0])
        else:
            event.input.select_all()
