"""What the screens have in common: they bear sizes and keys that change faster than they are drawn."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


class SteadyScreen(Screen[ScreenResultType]):
    """A screen that lays itself out for the terminal's present size only.

    Textual's `Screen` sends itself its new size once more after each change. Were two sizes on their way at the same
    time, each would bring the other back, for ever; and of two that wait, only the later one is delivered, be it the
    older size.
    """

    async def on_event(self, event: events.Event) -> None:
        """Take an event in; a size that the terminal has no more stands for its present one, and a screen that has been
        closed needs none: its widgets are being taken away."""
        present = self.app.size
        if isinstance(event, events.Resize):
            if not self.is_on_stack:
                return
            if event.size != present:
                event = events.Resize(present, present)
        await super().on_event(event)

    @property
    def is_on_stack(self) -> bool:
        """Whether the screen is shown, be it under another one. What was sent to it may come when it is closed."""
        return self in self.app.screen_stack


class Dialog(ModalScreen[ScreenResultType], SteadyScreen[ScreenResultType]):
    """A screen over the panels, which closes once.

    Keys that are pressed faster than the screen is drawn may ask it to close a second time. Textual would then take
    away whatever is on top.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close, with a result; does nothing unless this screen is on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
