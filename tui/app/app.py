"""Connect a session's events to the screens, and keys to commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float32
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.theme import ThemeProvider

from ...core.config import Config
from ...core.history import History
from ...core.protocol import Ended, Event, Failed, ModelReady
from ..control import ACTIONS, possible_actions
from ..screens.command_palette import Palette
from ..screens.copy_screen import Copyable, copyable_of_run
from ..screens.failure_screen import FailureScreen
from ..screens.help_screen import HelpScreen
from ..screens.log_screen import LogScreen
from ..screens.map_screen import LatentMapScreen
from ..screens.monitor_screen import MonitorScreen
from ..screens.run_screen import RunScreen
from ..screens.studio_screen import StudioScreen
from ..session import RECORDING, Session
from ..state import Governor, RunView, notification_of
from ..studio.studio_state import Start, Studio
from ..widgets.curve_panel import CurvePanel
from ..widgets.images_panel import ImagesPanel
from ..widgets.log_panel import LogPanel
from .announcer import Announcer
from .feed import BATCH, Feed, died
from .screen_options import ScreenOptions
from .steered_app import SteeredApp

WATCH_SECONDS = 0.5
"""Time between two polls of the session."""

BEHIND_SECONDS = 0.2
"""Time between two frames, at most, while the events of a long run's past come in."""


class VaeTuiApp(SteeredApp):
    """Shows a session and lets the user steer it. `SteeredApp` documents what `run` returns."""

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
    ) -> None:
        """Create the app; the session starts after the first frame.

        Args:
            session: The session to show and steer.
            run_path: The run's directory.
            config: The run's configuration.
            options: The options of the screen.
            studio: Where to open the studio once the model is known; the app ends with it. None: do not open it.
        """
        is_replay = session.role == RECORDING
        view = RunView(config, is_replay=is_replay)
        super().__init__(session, view, options, on_send=lambda: self.monitor.paint())
        self.history = History()
        self.run_path = run_path
        self._session = session
        self._feed = Feed(session, self.post_message)
        self._opening = studio
        self._studio: Studio | None = None
        """The state of the studio when it was closed last."""
        self._is_behind = True
        """Whether a full batch has come in since the last frame, as at the start of an attached screen."""
        self._announcer = Announcer(options.announcements, self._write)
        self._has_begun = False
        self._began = time.time()
        pace = options.pace
        self._governor = Governor(pace.budget_share, pace.budget_bytes, pace.frame_seconds, pace.slowest_seconds)
        self.monitor = MonitorScreen(
            self.view,
            self.history,
            self.pending,
            run_path,
            session.role,
            # At high speed a replay would show pictures of much earlier steps: each of its frames has the newest ones.
            picture_seconds=0.0 if is_replay else pace.picture_seconds,
            picture_style=options.picture_style,
            log_scale=options.log_scale,
            keymap=options.keymap,
            guide=options.starts.guide(config) if session.role.owns else (),
        )

    def get_default_screen(self) -> Screen[None]:
        """Return the screen with the panels."""
        return self.monitor

    def on_mount(self) -> None:
        """Start the session after the first frame; its past takes a while."""
        self.call_after_refresh(self._begin)
        # If a key opens another screen before the panels' first frame, that frame does not come.
        self.screen_change_signal.subscribe(self, lambda _: self._begin())
        self.set_interval(WATCH_SECONDS, self._watch)

    def _begin(self) -> None:
        """Start the session and the frames, once; the panels are there."""
        if self._has_begun:
            return
        self._has_begun = True
        self.remember_changes(self.monitor.query_one(ImagesPanel), "picture_style")
        self.remember_changes(self.monitor.query_one(CurvePanel), "log_scale")
        self._feed.start()
        self._tick()

    def on_unmount(self) -> None:
        """Stop taking events."""
        self._feed.close()
        self._announcer.close()

    def _write(self, data: str) -> None:
        """Write to the terminal, which is not the browser's."""
        if self._driver is not None and not self._driver.is_web:
            self._driver.write(data)

    # -- events in

    def _tick(self) -> None:
        """Paint a frame, and schedule the next as the governor chooses."""
        self.catch_up()
        self._meter.count_frame()
        pace = self._governor.after_frame(self._meter.last_frame, self._session.viewers)
        self.set_timer(min(pace, BEHIND_SECONDS) if self._is_behind else pace, self._tick)
        self._is_behind = False

    def catch_up(self) -> None:
        """Take the queued events and paint the changes."""
        self.on_session_events()
        # A process that was killed leaves its last heartbeat behind: what it said last, or was said of it, holds.
        self.view.is_responding = self.view.last is not None or self._session.is_responding
        self.monitor.paint(self._meter.cost)
        self._announcer.show(self.view)

    def on_session_events(self) -> None:
        """Take a batch of events and apply them.

        History and view change at once, the screen at the next frame. Only an acknowledged command is painted at once.
        """
        events = self._feed.take()
        self._is_behind = self._is_behind or len(events) == BATCH
        for event in events:
            self._handle_event(event)

    def _handle_event(self, event: Event) -> None:
        self.history.add(event)
        self.view.apply(event)
        for screen in self.screen_stack:
            if isinstance(screen, MonitorScreen | StudioScreen | LatentMapScreen) and screen.is_mounted:
                screen.handle_event(event)
        if self.pending.acknowledge(event):
            self.monitor.paint()
        if event.time >= self._began:  # not for the run's past, which comes first
            self._announcer.tell(event)
        if isinstance(event, ModelReady) and self.role.owns:
            starts = self._options.starts.after(self.view.config, event.time - self._began)
            self._options.remember("starts", vars(starts))
        match event:
            case Failed():
                self._show_failure(event)
            case Ended():
                self.exit(event)
            case ModelReady() if self._opening is not None:
                self.call_later(self._open_only_studio, self._opening)
                self._opening = None
            case _ if event.time >= self._began:  # not for the run's past, which comes first
                self._notify_of(event)

    def notify(self, message: str, **options: Any) -> None:
        """Show a notification; brackets in it are text, not markup."""
        options["markup"] = False
        super().notify(message, **options)

    def _notify_of(self, event: Event) -> None:
        notification = notification_of(event, self.view.rewind_step, steers=self.role.steers)
        if notification is not None:
            self.notify(
                notification.message,
                title=notification.title,
                severity=notification.severity,
                timeout=notification.timeout,
            )

    def _show_failure(self, failed: Failed) -> None:
        def leave(wanted: bool | None) -> None:
            if wanted:
                self.exit(failed)

        self.monitor.paint()
        self.push_screen(FailureScreen(failed, self.run_path, self.view.saved), leave)

    def _watch(self) -> None:
        """Poll the session; show a failure if it ended without its last event."""
        if self.view.last is None and self._feed.is_dead():
            self._handle_event(died(self.view.step))

    # -- other screens

    async def action_studio(self) -> None:
        """Open the studio as it was closed last."""
        studio = self._last_studio()
        if studio is None:
            self.notify("The model is not ready yet. Open the studio once it is compiled.")
        else:
            await self._open_studio(studio)

    def _last_studio(self) -> Studio | None:
        """Return the studio as it was closed last, or its first state."""
        return self._studio or self._begin_studio(Start(temperature=self.view.config.run.temperature))

    def _begin_studio(self, start: Start) -> Studio | None:
        """Return a first state of the studio; None before the data set is known."""
        if self.view.data is None:
            return None
        classes = len(self.view.data.class_names)
        label = min(start.label, classes - 1)
        return Studio.begin(self.view.config.model.latents, classes, start._replace(label=label))

    async def _open_studio(self, studio: Studio, then: Callable[[], None] = lambda: None) -> None:
        """Open the studio; call a function when it is closed."""

        def close(closed: Studio | None) -> None:
            self._studio = closed
            then()

        screen = StudioScreen(
            self._session.send,
            studio=studio,
            class_names=self.view.data.class_names if self.view.data else (),
            run_path=self.run_path if self.role.draws else None,
            pixels=self._options.pixels,
            keymap=self._options.keymap,
        )
        await self.push_screen(screen, close)

    async def _open_only_studio(self, start: Start) -> None:
        """Open the studio that the user asked for instead of the panels."""
        studio = self._begin_studio(start)
        assert studio is not None, "a model without its data set"
        await self._open_studio(studio, self._leave)

    async def action_latent_map(self) -> None:
        """Show the latent map, which opens the studio at the point that the user picks."""

        async def explore(latents: Float32[np.ndarray, " latents"], label: int) -> None:
            studio = self._last_studio()
            if studio is not None:
                await self._open_studio(studio.at_latents(latents, label))

        names = self.view.data.class_names if self.view.data else ()
        await self.push_screen(LatentMapScreen(lambda: self.view.latent_map, names, self._session.send, explore))

    async def action_log(self) -> None:
        """Show the whole log."""
        await self.push_screen(LogScreen(self.monitor.query_one(LogPanel).book))

    async def action_run_view(self) -> None:
        """Show the run's settings, data, model and environment."""
        await self.push_screen(RunScreen(self.view, self.run_path))

    async def action_help(self) -> None:
        """Explain the focused panel, and show every key that does something now."""
        await self.push_screen(
            HelpScreen(possible_actions(self.monitor.situation), explanation=self.monitor.explanation)
        )

    @property
    def copyable(self) -> Sequence[Copyable]:
        """The run's paths and commands."""
        situation = self.monitor.situation
        return copyable_of_run(self.run_path, is_live=not (situation.is_over or situation.is_replay))

    async def action_command_palette(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (awaited)
        """Open the command palette, unless it is open."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            await self.push_screen(Palette())

    def search_themes(self) -> None:
        """Open the palette of themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the entries of the command palette: the possible actions, and Textual's themes and screenshot."""
        for action in possible_actions(self.monitor.situation):
            yield SystemCommand(action.title, action.tooltip, partial(self.run_action, action.action))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command
