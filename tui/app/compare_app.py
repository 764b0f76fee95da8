"""The app that compares runs: it follows their logs, and changes none of them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from ...core.comparison import ComparedRun
from ..control import rebind
from ..control.compare_actions import COMPARE_ACTIONS
from ..process.terminal import end_process
from ..render.run_signs import sign_legend
from ..screens import CompareScreen, HelpScreen, Legend, Palette
from ..widgets import OverlayPanel
from .screen_options import ScreenOptions
from .terminal_app import TerminalApp

FOLLOW_SECONDS = 1.0
"""Time between two looks at the logs."""


class CompareApp(TerminalApp[None]):
    """Shows a comparison of runs until the user leaves.

    Args:
        runs: The runs, which have been read.
        options: The options of the screen.
    """

    TITLE = "vae-tui compare"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in COMPARE_ACTIONS]

    def __init__(self, runs: Sequence[ComparedRun], options: ScreenOptions) -> None:
        super().__init__(options)
        self._runs = runs
        self._actions = rebind(COMPARE_ACTIONS, options.keymap)
        self._comparison = CompareScreen(runs, self._actions, log_scale=options.log_scale)

    def get_default_screen(self) -> Screen[None]:
        """Return the screen with the comparison."""
        return self._comparison

    def on_mount(self) -> None:
        """Start following the runs."""
        self.set_interval(FOLLOW_SECONDS, self.follow)
        self.call_after_refresh(lambda: self.remember_changes(self._comparison.query_one(OverlayPanel), "log_scale"))

    def follow(self) -> None:
        """Read what the runs have added, and paint it."""
        known = [run.problem for run in self._runs]
        changed = [run.follow() for run in self._runs]
        for run, problem in zip(self._runs, known, strict=True):
            if run.problem != problem:
                self.notify(run.problem, title=f"the log of {run.name}", severity="error", timeout=10)
        if any(changed):
            self._comparison.paint()

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
        """Show every key."""
        await self.push_screen(HelpScreen(self._actions, Legend("signs", sign_legend)))

    def action_suspend_process(self) -> None:
        """Suspend the app and go back to the shell."""
        self._jobs.suspend()

    async def action_command_palette(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (awaited)
        """Open the command palette, unless it is open."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            await self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the entries of the command palette: the actions, and Textual's themes and screenshot."""
        for action in self._actions:
            yield SystemCommand(action.title, action.tooltip, partial(self.run_action, action.action))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command
