"""The app that shows the runs of a folder, and ends with what the user wants to do with one of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from ...core.library import RunLibrary
from ...core.protocol import OVER
from ...core.text import count
from ..control import Action
from ..control.browse_actions import BROWSE_ACTIONS
from ..screens.browse_screen import BrowseScreen, Wanted
from ..screens.copy_screen import Copyable, copyable_of_run
from ..screens.help_screen import Legend
from ..state import Browsing
from ..widgets.run_table import list_legend
from .actions_app import ActionsApp
from .screen_options import ScreenOptions

FOLLOW_SECONDS = 2.0
"""Time between two looks at the files of the runs, at least."""

PAINT_SECONDS = 0.25
"""Time between two frames while many runs are read."""


class BrowseApp(ActionsApp[Wanted]):
    """Shows runs until the user leaves, or wants to do something else.

    Args:
        library: The runs.
        options: The options of the screen.
        browsing: What to show at first.
        notice: A message to show at first, or empty.
    """

    TITLE = "vae-tui runs"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in BROWSE_ACTIONS]
    LEGEND = Legend("signs", list_legend)

    def __init__(
        self,
        library: RunLibrary,
        options: ScreenOptions,
        browsing: Browsing = Browsing(),  # noqa: B008 (frozen)
        notice: str = "",
    ) -> None:
        super().__init__(options)
        self._library = library
        self._notice = notice
        self._browse = BrowseScreen(library, browsing, options.keymap)

    @property
    def actions(self) -> Sequence[Action]:
        """The actions that do something now."""
        return self._browse.actions

    @property
    def copyable(self) -> Sequence[Copyable]:
        """The paths and commands of the selected run."""
        run = self._browse.selected
        return [] if run is None else copyable_of_run(run.path, is_live=run.is_live and run.state not in OVER)

    def get_default_screen(self) -> Screen[None]:
        """Return the screen with the runs."""
        return self._browse

    def on_mount(self) -> None:
        """Start following the runs, after the first frame."""
        if self._notice:
            self.notify(self._notice, severity="warning", timeout=15)
        self.call_after_refresh(lambda: self.run_worker(self._follow()))

    async def action_quit(self) -> None:
        """Leave as with any other key: Textual itself binds ctrl+q."""
        self._browse.action_leave()

    def on_unmount(self) -> None:
        """Save what was read."""
        self._library.save()

    async def _follow(self) -> None:
        """Read what changes, again and again, until the app ends: then its panels go first, and its workers last."""
        while self.is_running:
            await self._read_changed()
            await asyncio.sleep(max(FOLLOW_SECONDS, self._options.pace.frame_seconds))

    async def _read_changed(self) -> None:
        """Read the runs that have changed; show how far it is if that takes long."""
        names = self._library.changed()
        painted = time.monotonic()
        for number, name in enumerate(names):
            await asyncio.to_thread(self._library.read, name)
            if not self.is_running:
                return
            if time.monotonic() - painted > PAINT_SECONDS:
                painted = time.monotonic()
                self._browse.paint(f"reading {count(number + 1)} of {count(len(names))}")
        self._browse.paint()
