"""The failure dialog: the error, its details, and how to resume."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ...core.files import open_regular
from ...core.protocol import Checkpointed, Failed
from ...core.run import log_path
from ...core.text import count, shell_path
from .base import Dialog

LINES = 12
"""Lines of the traceback or the log to show."""

_BLOCK = 1 << 14


class FailureScreen(Dialog[bool]):
    """Show a failure.

    The dialog closes with True to leave the app, or with False to return to the panels.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q,enter", "leave(True)", "Leave"),
        ("escape", "leave(False)", "Show the panels"),
    ]

    def __init__(self, failed: Failed, run_path: Path, saved: Checkpointed | None) -> None:
        super().__init__()
        self._failed = failed
        self._run_path = run_path
        self._saved = saved

    def compose(self) -> ComposeResult:
        """Compose the error, the end of the traceback, and what the user can do."""
        with VerticalScroll(classes="dialog failure") as box:
            box.border_title = "not possible" if self._failed.usage else "training failed"
            box.border_subtitle = "q leaves · esc shows the panels"
            yield Static(Content.styled(self._failed.message, "bold $text-error"))
            # An error in the user's input needs no traceback: the message is enough.
            if not self._failed.usage and (last := self._last_lines()):
                yield Static(Content.styled("\n".join(last), "$foreground-muted"), id="traceback")
            yield Static(self._way_on(), id="way-on")

    def action_leave(self, leave: bool) -> None:
        """Close the dialog; `leave` is whether to leave the app too."""
        self.dismiss(leave)

    @property
    def _log_path(self) -> Path:
        return log_path(self._run_path)

    def _last_lines(self) -> list[str]:
        """Return the end of the traceback, or else of the log.

        A process that was killed leaves no traceback.
        """
        text = self._failed.traceback
        if not text:
            try:
                with open(open_regular(self._log_path), "rb") as file:
                    file.seek(max(0, file.seek(0, os.SEEK_END) - _BLOCK))
                    text = file.read().decode(errors="replace")
            except OSError:
                return []  # the log is gone or unreadable; its path is shown below anyway
        return text.rstrip().splitlines()[-LINES:]

    def _way_on(self) -> Content:
        rows = [("at step", f"{count(self._failed.step)}"), ("log", str(self._log_path))]
        if not self._failed.usage:  # a usage error's message says what to do
            command = f"vae-tui train --resume {shell_path(self._run_path)}"
            rows.append(("resume", command if self._saved else "start again: there is no checkpoint yet"))
        return Content("\n").join(
            Content.assemble((label.ljust(8), "$foreground-muted"), value) for label, value in rows
        )
