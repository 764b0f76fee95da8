"""The footer with the keys, under the panels."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class KeyFooter(Footer):
    """Show as many keys as fit.

    Textual's own footer cuts the last key in the middle of a word.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._laid_out_for = 0

    def compose(self) -> ComposeResult:
        """Compose the keys that fit, in order."""
        self._laid_out_for = left = self.app.size.width
        for key in super().compose():
            assert isinstance(key, FooterKey)  # our bindings form no groups
            left -= cell_len(f"{key.key_display} {key.description}")
            if left < 0:
                return
            left -= 1  # the gap
            yield key

    async def on_resize(self) -> None:
        """Show as many keys as fit the new width."""
        if self._laid_out_for != self.app.size.width:
            await self.recompose()
