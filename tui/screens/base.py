"""Base classes of the screens.

The screens tolerate sizes and keys that arrive faster than the app draws.
"""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


class SteadyScreen(Screen[ScreenResultType]):
    """Lay out a screen for the terminal's current size only.

    Textual's `Screen` posts its new size to itself again after each change. Two sizes in the queue at the same time
    would keep reposting each other forever, and of two queued sizes only the one posted last is delivered, even if it
    is the older size.
    """

    async def on_event(self, event: events.Event) -> None:
        """Handle an event, replacing an outdated size by the terminal's current one.

        A closed screen ignores resizes: its widgets are being removed.
        """
        present = self.app.size
        if isinstance(event, events.Resize):
            if not self.is_on_stack:
                return
            if event.size != present:
                event = events.Resize(present, present)
        await super().on_event(event)

    @property
    def is_on_stack(self) -> bool:
        """Return whether the screen is open, possibly under another one.

        Messages may still arrive after the screen closed.
        """
        return self in self.app.screen_stack


class Dialog(ModalScreen[ScreenResultType], SteadyScreen[ScreenResultType]):
    """A modal screen over the panels that closes only once.

    Keys that are pressed faster than the app draws may dismiss the dialog a second time. Textual would then close the
    screen that is on top.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the dialog with a result; do nothing unless the dialog is on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
