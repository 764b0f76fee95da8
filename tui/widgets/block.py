"""Some lines of text that come, change and go."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Block(Static):
    """Takes no room while there is nothing to show."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.display = False
        self._shown = Content()

    def show(self, content: Content) -> None:
        """Show some lines; draws nothing when they are already there."""
        if not content.is_same(self._shown):
            self._shown = content
            self.display = bool(content)
            self.update(content)
