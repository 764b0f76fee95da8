"""The base class of the dialogs that ask before something is lost."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ScreenResultType
from textual.widgets import Static

from .base import Dialog


class Question(Dialog[ScreenResultType]):
    """Ask the user to choose by a key; subclasses bind the keys.

    The key that opened a question never answers it: a key that repeats or is pressed twice confirms nothing.

    Args:
        title: The question.
        answers: The key of each answer and what it does.
        default: What enter does.
    """

    def __init__(self, title: str, answers: Sequence[tuple[str, str]], default: str) -> None:
        super().__init__()
        self._title = title
        self._answers = answers
        self._default = default

    def compose(self) -> ComposeResult:
        """Compose one line per answer."""
        keys = max(len(key) for key, _ in self._answers)
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = f"enter {self._default}"
            yield Static(
                Content("\n").join(
                    Content.assemble((key.rjust(keys), "bold $text-primary"), f"  {text}")
                    for key, text in self._answers
                )
            )
