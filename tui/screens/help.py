"""The help overlay, made from the list of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..bindings import ACTIONS


def help_text() -> Content:
    """One line an action; the ten class keys share one."""
    lines = []
    for action in ACTIONS:
        if action.id.startswith("sample_") and not action.label:
            continue
        title = "Sample one class" if action.id == "sample_0" else action.title
        tooltip = "Draw new digits of this class" if action.id == "sample_0" else action.tooltip
        lines.append(
            Content.assemble(
                ((action.key_display or action.key).rjust(7), "bold $text-primary"),
                f"  {title:<24}",
                (tooltip, "$foreground-muted"),
            )
        )
    return Content("\n").join(lines)


class HelpScreen(ModalScreen[None]):
    """Every key, over the panels."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,q", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """A scrolling box."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes · ctrl+p opens the command palette"
            yield Static(help_text())
