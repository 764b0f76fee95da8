"""The app on a replay: the same panels, fed by the log of a run."""

from __future__ import annotations

from ...core.protocol import Event
from ..control.replay_steering import ReplaySteering
from ..screens.map_screen import LatentMapScreen
from ..screens.studio_screen import StudioScreen
from ..session.replay import Jumped, ReplayEvent
from .app import VaeTuiApp


class ReplayApp(VaeTuiApp):
    """Shows a replay and lets the user control it."""

    CSS_PATH = "app.tcss"
    STEERING_CLASS = ReplaySteering

    def _handle_event(self, event: Event) -> None:
        if not isinstance(event, ReplayEvent):
            super()._handle_event(event)
            return
        if isinstance(event, Jumped):
            self.monitor.follow_jump(event.undone)
            if event.step < event.from_step:
                self.history.take_back(event.step)
        self._apply(event.change)

    def _apply(self, change: Event) -> None:
        """Apply a change like an event, without a mark and a log entry."""
        self.view.apply(change)
        self.monitor.show_change(change)
        for screen in self.screen_stack:
            if isinstance(screen, StudioScreen | LatentMapScreen) and screen.is_mounted:
                screen.handle_event(change)
        if self.pending.acknowledge(change):
            self.monitor.paint()
