"""The command palette: Textual's own, which bears sizes and keys that come before it is there or after it has gone."""

from __future__ import annotations

from textual import on
from textual.command import CommandList, CommandPalette
from textual.message import Message
from textual.widgets import Input, OptionList

from .base import Dialog


class Palette(CommandPalette, Dialog[None]):  # pyright: ignore[reportIncompatibleMethodOverride] (as Textual's own)
    """A command palette that runs one command at most.

    Textual 8.2.8 takes for granted that its list has been laid out when it is turned over, and that nothing is chosen
    or searched for once a command has been chosen. It fails where keys are faster.
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is possible now."""
        if action == "command_list" and not any(each.scrollable_content_region for each in self.query(CommandList)):
            return None
        return super().check_action(action, parameters)

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _take_nothing_when_closed(self, message: Message) -> None:
        if not self.is_on_stack:
            message.prevent_default()
            message.stop()
