"""The dialog with every key of the sampling studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ..studio.keys import StudioKey
from .base import Dialog


class StudioHelp(Dialog[None]):
    """Show every key of the studio.

    Args:
        keys: The keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,q", "dismiss", "Close")]
    DEFAULT_CSS = "StudioHelp { align: center middle; }"

    def __init__(self, keys: Sequence[StudioKey]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Compose a scrolling box."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "keys of the studio"
            box.border_subtitle = "esc closes"
            yield Static(help_text(self._keys))


def help_text(keys: Sequence[StudioKey]) -> Content:
    """Return the help of the studio, a line for each group of keys."""
    return Content("\n").join(
        Content.assemble(
            (key.keys.rjust(7), "bold $text-primary"), f"  {key.title:<22}", (key.tooltip, "$foreground-muted")
        )
        for key in keys
    )
