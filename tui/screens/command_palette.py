"""Textual's command palette, protected against early and late messages.

Sizes and keys may arrive before the palette is laid out, or after it closed.
"""

from __future__ import annotations

from textual import on
from textual.command import CommandList, CommandPalette
from textual.message import Message
from textual.widgets import Input, OptionList

from .base import Dialog


class Palette(CommandPalette, Dialog[None]):  # pyright: ignore[reportIncompatibleMethodOverride] (as Textual's own)
    """A command palette that runs at most one command.

    Textual 8.2.8 assumes that the list has been laid out before the user pages through it, and that the user neither
    selects nor searches again after selecting a command. It raises an error if keys arrive faster.
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action can run now; None disables it."""
        if action == "command_list" and not any(each.scrollable_content_region for each in self.query(CommandList)):
            return None
        return super().check_action(action, parameters)

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _ignore_when_closed(self, message: Message) -> None:
        if not self.is_on_stack:
            message.prevent_default()
            message.stop()
