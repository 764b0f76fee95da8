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
    """One line an action; the actions of a family share one."""
    entries = {
        action.family or action.id: (
            (action.family.keys, action.family.title, action.family.tooltip)
            if action.family
            else (action.key_display or action.key, action.title, action.tooltip)
        )
        for action in ACTIONS
    }
    return Content("\n").join(
        Content.assemble((keys.rjust(7), "bold $text-primary"), f"  {title:<24}", (tooltip, "$foreground-muted"))
        for keys, title, tooltip in entries.values()
    )


class HelpScreen(ModalScreen[None]):
    """Every key, over the panels."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,question_mark,q", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """A scrolling box."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "keys"
            box.border_subtitle = "esc closes · ctrl+p opens the command palette"
            yield Static(help_text())
