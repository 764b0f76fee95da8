"""Show progress without hiding the cursor."""

from __future__ import annotations

from rich.console import Console


class CursorConsole(Console):
    """A console that never hides the cursor: after ctrl+z or a signal it would stay hidden."""

    def show_cursor(self, show: bool = True) -> bool:
        """Do nothing. Return False, as where a console cannot hide it."""
        return False
