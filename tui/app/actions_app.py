"""An app without a session: its keys, help and command palette are those of a fixed table of actions."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from textual.app import SystemCommand
from textual.screen import Screen

from ..control import Action
from ..process.terminal import end_process
from ..screens.command_palette import Palette
from ..screens.explanations import Explanation
from ..screens.help_screen import HelpScreen, Legend
from .terminal_app import TerminalApp

T = TypeVar("T")


class ActionsApp(TerminalApp[T]):
    """An app that only looks at runs: a signal to end may end it at any time.

    Subclasses bind the keys of their actions.
    """

    LEGEND: ClassVar[Legend]
    """The signs that the help explains."""

    @property
    def actions(self) -> Sequence[Action]:
        """The actions for the help and the command palette, the most important first."""
        raise NotImplementedError

    @property
    def explanation(self) -> Explanation | None:
        """What the help explains before the keys, if anything."""
        return None

    def notify(self, message: str, **options: Any) -> None:
        """Show a notification; brackets in it are text, not markup."""
        options["markup"] = False
        super().notify(message, **options)

    def handle_signal(self, number: signal.Signals) -> None:
        """Suspend, resume or end the app. May be called in any thread once the app runs."""
        requests: dict[signal.Signals, Callable[[], object]] = {
            signal.SIGTSTP: self._jobs.suspend,
            signal.SIGCONT: self._jobs.resume,
        }
        if number not in requests:
            self._jobs.give_up()
        if not self.is_running and number not in requests:
            end_process(128 + number)
        self.call_later(requests.get(number, self.exit))

    async def action_help(self) -> None:
        """Explain the focused panel, if there is more than one, and show every key."""
        await self.push_screen(HelpScreen(self.actions, self.LEGEND, self.explanation))

    def action_suspend_process(self) -> None:
        """Suspend the app and go back to the shell."""
        self._jobs.suspend()

    async def action_command_palette(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (awaited)
        """Open the command palette, unless it is open."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            await self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the entries of the command palette: the actions, and Textual's themes and screenshot."""
        for action in self.actions:
            yield SystemCommand(action.title, action.tooltip, partial(self.run_action, action.action))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command
