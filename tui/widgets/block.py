"""A block of text that hides itself when it is empty."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Block(Static):
    """Show lines of text; take no space while there are none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.display = False
        self._shown = Content()

    def show(self, content: Content) -> None:
        """Show lines of text; do nothing if they are already shown."""
        if not content.is_same(self._shown):
            self._shown = content
            self.display = bool(content)
            self.update(content)
