"""What a failure of the trainer looks like: the reason, the last lines, and what can be done."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ...core.events import Checkpointed, Failed
from .base import Dialog

TRACEBACK_LINES = 12


class FailureScreen(Dialog[bool]):
    """Closes with True to leave the app, with False to look at the panels once more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q,enter", "leave(True)", "Leave"),
        ("escape", "leave(False)", "Look at the panels"),
    ]

    def __init__(self, failed: Failed, run_path: Path, saved: Checkpointed | None) -> None:
        super().__init__()
        self._failed = failed
        self._run_path = run_path
        self._saved = saved

    def compose(self) -> ComposeResult:
        """The reason above, the way on below."""
        with VerticalScroll(classes="dialog failure") as box:
            box.border_title = "training failed"
            box.border_subtitle = "q leaves · esc shows the panels"
            yield Static(Content.styled(self._failed.message, "bold $text-error"))
            # A mistake in the user's input needs no traceback: the message says it all.
            if self._failed.traceback and not self._failed.usage:
                last = self._failed.traceback.rstrip().splitlines()[-TRACEBACK_LINES:]
                yield Static(Content.styled("\n".join(last), "$foreground-muted"), id="traceback")
            yield Static(self._way_on(), id="way-on")

    def action_leave(self, leave: bool) -> None:
        """Close."""
        self.dismiss(leave)

    def _way_on(self) -> Content:
        resume = (
            f"vae-tui train --resume {self._run_path}" if self._saved else "start again: there is no checkpoint yet"
        )
        return Content("\n").join(
            Content.assemble((label.ljust(8), "$foreground-muted"), value)
            for label, value in (
                ("at step", f"{self._failed.step:,}"),
                ("log", str(self._run_path / "train.log")),
                ("resume", resume),
            )
        )
