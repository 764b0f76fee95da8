"""The footer with the keys, under the panels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from ..control import Action, KeyHint, key_symbols
from .app_capabilities import capabilities_of

GAP = 2
"""Cells between two keys: more than between a key and its label."""


class KeyFooter(Widget):
    """Show the keys of the possible actions, as many as fit whole.

    The line is drawn anew for each width, so that it follows the terminal at once; a click runs an action.
    """

    DEFAULT_CSS = """
    KeyFooter {
        dock: bottom;
        height: 1;
        text-wrap: nowrap;
        color: $footer-foreground;
        background: $footer-background;
    }
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._hints: dict[KeyHint, Action] = {}
        """What to show, in order, with the action that a click runs."""

    def show(self, actions: Iterable[Action]) -> None:
        """Show other actions; do nothing if they are already shown."""
        hints: dict[KeyHint, Action] = {}
        for action in actions:
            hints.setdefault(action.hint, action)
        if list(hints) != list(self._hints):
            self._hints = hints
            self.refresh()

    def render(self) -> Content:
        """Return the keys that fit."""
        return Content(" " * GAP).join(
            Content.assemble((symbols, "bold $footer-key-foreground"), f" {hint.label}")
            for _, symbols, hint in self._fitting()
        )

    async def on_click(self, event: events.Click) -> None:
        """Run the action under the pointer."""
        for x, symbols, hint in self._fitting():
            if x <= event.x < x + cell_len(f"{symbols} {hint.label}"):
                await self.app.run_action(self._hints[hint].action)

    def _fitting(self) -> Iterator[tuple[int, str, KeyHint]]:
        """Yield the column, the symbols and the hint of each entry that fits."""
        x, unicode = 0, capabilities_of(self.app).unicode
        for hint in self._hints:
            symbols = key_symbols(hint.keys, unicode)
            width = cell_len(f"{symbols} {hint.label}")
            if x + width > self.size.width:
                return
            yield x, symbols, hint
            x += width + GAP
