"""The base of the dialogs with one line to type in."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType

from .base import Dialog

T = TypeVar("T")


class InputScreen(Dialog[T | None]):
    """Ask in a one-line field at the bottom; the dialog closes with None if the user cancels."""

    DEFAULT_CSS = """
    InputScreen {
        align: center bottom;

        & Input, & Input:focus {
            border: none;
            padding: 0;
            height: 1;
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Close")]
