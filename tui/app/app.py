"""The app: it connects a session's events to the screens, and the keys to the session's commands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Print
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import ThemeProvider

from ...core.config import Config
from ...core.history import History
from ...core.protocol import Ended, Event, Failed, ModelReady
from ..control import ACTIONS, Steering
from ..driver.driver import metered_driver_class
from ..screens import (
    FailureScreen,
    HelpScreen,
    LatentMapScreen,
    LogScreen,
    MonitorScreen,
    Palette,
    Picked,
    RunScreen,
    StudioScreen,
)
from ..session import Session
from ..state import Governor, Meter, RunView, notification_of
from ..studio import Start
from ..widgets import LogPanel
from .feed import BATCH, Feed, died
from .screen_options import ScreenOptions
from .steered_app import MakeSteering, SteeredApp
from .themes import THEMES

WATCH_SECONDS = 0.5
"""Time between two looks whether the session is still alive."""

BEHIND_SECONDS = 0.2
"""Time between two paintings, at most, while the past of a long run comes in."""


class VaeTuiApp(SteeredApp):
    """Shows a session and lets the user steer it; see `SteeredApp` for what `run` returns."""

    TITLE = "vae-tui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ACTIONS]

    def __init__(
        self,
        session: Session,
        *,
        run_path: Path,
        config: Config,
        options: ScreenOptions = ScreenOptions(),  # noqa: B008 (frozen)
        studio: Start | None = None,
        steering: MakeSteering = Steering,
    ) -> None:
        """Make the app; nothing starts before the first frame is on the screen.

        Args:
            session: What to show and steer.
            run_path: The run's directory.
            config: The run's configuration.
            options: How to show it.
            studio: Open the studio there, as soon as the model is known.
            steering: What the actions come to.
        """
        self._meter = Meter()
        self._options = options
        super().__init__(session, RunView(config), told=lambda: self.monitor.paint(), steering=steering)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = options.theme
        self.animation_level = "none"
        self.history = History()
        self.run_path = run_path
        self._session = session
        self._feed = Feed(session, self.post_message)
        self._studio = studio
        self._is_behind = True
        """Whether very much has come in since the last painting, as at the beginning it may."""
        self._began = time.time()
        pace = options.pace
        self._governor = Governor(pace.budget_share, pace.budget_bytes, pace.frame_seconds, pace.slowest_seconds)
        self.monitor = MonitorScreen(
            self.view, self.history, self.pending, run_path, session.role, picture_seconds=pace.picture_seconds
        )

    def get_driver_class(self) -> type[Driver]:
        """Textual's own choice, with a counter of what it writes."""
        return metered_driver_class(super().get_driver_class(), self._meter.count)

    def get_line_filters(self) -> list[LineFilter]:
        """Textual's own, and those that the options ask for."""
        return [*super().get_line_filters(), *self._options.filters]

    def get_default_screen(self) -> Screen[None]:
        """The panels."""
        return self.monitor

    def on_mount(self) -> None:
        """Start the session once the first frame is out: a long past takes a while to be taken in."""
        self.call_after_refresh(self._feed.start)
        self.set_interval(WATCH_SECONDS, self._watch)
        self.call_after_refresh(self._tick)
        self.begin_capture_print(self)

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._feed.close()

    def on_print(self, event: Print) -> None:
        """Pass on what Python code prints: Textual takes it, and the file descriptors lead to the run's log."""
        os.write(2 if event.stderr else 1, event.text.encode(errors="replace"))

    # -- events in

    def _tick(self) -> None:
        """Show the present, and again after as many seconds as the screen's own cost asks for."""
        self.catch_up()
        self._meter.note_frame()
        pace = self._governor.after_frame(self._meter.cost, self._session.viewers)
        self.set_timer(min(pace, BEHIND_SECONDS) if self._is_behind else pace, self._tick)
        self._is_behind = False

    def catch_up(self) -> None:
        """Take in what waits, and paint what it changed."""
        self.on_session_events()
        self.monitor.paint(self._meter.cost)

    def on_session_events(self) -> None:
        """Take events in: history and view at once, the screen at its pace or, for an answer, now."""
        events = self._feed.take()
        self._is_behind = self._is_behind or len(events) == BATCH
        for event in events:
            self._take(event)

    def _take(self, event: Event) -> None:
        self.history.add(event)
        self.view.apply(event)
        for screen in self.screen_stack:
            if isinstance(screen, MonitorScreen | StudioScreen | LatentMapScreen) and screen.is_mounted:
                screen.note(event)
        if self.pending.acknowledge(event):
            self.monitor.paint()
        match event:
            case Failed():
                self._show_failure(event)
            case Ended():
                self.exit(event)
            case ModelReady() if self._studio is not None:
                self.call_later(self._open_studio, self._studio)
                self._studio = None
            case _ if event.time >= self._began:  # the run's past comes first, and is no news
                self._notify_of(event)

    def _notify_of(self, event: Event) -> None:
        notification = notification_of(event, self.view.rewind_step, steers=self.role.steers)
        if notification is not None:
            self.notify(
                notification.message,
                title=notification.title,
                severity=notification.severity,
                timeout=notification.timeout,
                markup=False,
            )

    def _show_failure(self, failed: Failed) -> None:
        def leave(wanted: bool | None) -> None:
            if wanted:
                self.exit(failed)

        self.monitor.paint()
        self.refresh_bindings()
        self.push_screen(FailureScreen(failed, self.run_path, self.view.saved), leave)

    def _watch(self) -> None:
        """Notice a session that has died without its last event."""
        if self.view.last is None and self._feed.is_dead():
            self._take(died(self.view.step))

    # -- other screens

    async def action_studio(self) -> None:
        """Open the studio."""
        await self._open_studio(Start(temperature=self.view.config.run.temperature))

    async def _open_studio(self, start: Start) -> None:
        data, model = self.view.data, self.view.config.model
        if data is None:
            self.notify("The model is not ready yet.")
            return
        label = min(start.label, len(data.class_names) - 1)
        screen = StudioScreen(
            self._session.send,
            latents=model.latents,
            class_names=data.class_names,
            run_path=self.run_path if self.role.draws else None,
            start=start._replace(label=label),
            pixels=self._options.pixels,
        )
        await self.push_screen(screen)

    async def action_latent_map(self) -> None:
        """Show the latent map on the whole screen; the studio opens at the point that is picked there."""

        async def chosen(picked: Picked | None) -> None:
            if picked is not None:
                await self._open_studio(Start(picked.label, latents=picked.latents))

        names = self.view.data.class_names if self.view.data else ()
        await self.push_screen(LatentMapScreen(lambda: self.monitor.latent_map, names, self._session.send), chosen)

    async def action_log(self) -> None:
        """Show the whole log."""
        await self.push_screen(LogScreen(self.monitor.query_one(LogPanel).book))

    async def action_run_view(self) -> None:
        """Show what the run is made of."""
        await self.push_screen(RunScreen(self.view, self.run_path))

    async def action_help(self) -> None:
        """Show every key."""
        await self.push_screen(HelpScreen(self.actions))

    async def action_command_palette(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (awaited)
        """Show every command."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            await self.push_screen(Palette())

    def search_themes(self) -> None:
        """Show every theme."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: every action, or why it is not possible, and Textual's themes and screenshot."""
        for action in self.actions:
            yield SystemCommand(action.title, action.tooltip, partial(self.run_or_say, action))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command
