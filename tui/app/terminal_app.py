"""What every app of vae-tui does with its terminal: driver, filters, themes, and captured prints."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Print
from textual.filter import LineFilter
from textual.message import Message

from ..driver.driver import metered_driver_class
from ..render.printable_only import PrintableOnly
from ..screens.copy_screen import Copyable, CopyScreen
from ..state import Meter
from .job_control import JobControl
from .screen_options import ScreenOptions
from .themes import THEMES, border_color

T = TypeVar("T")

_PRINTABLE = PrintableOnly()
"""A single instance, because Textual caches the filtered lines per filter."""


class TerminalApp(App[T]):
    """An app that takes any input, counts its output, and keeps printed text off the screen.

    Args:
        options: The options of the screen.
    """

    def __init__(self, options: ScreenOptions) -> None:
        self._meter = Meter()
        self._options = options
        self._is_forgetful = False
        """Whether the user was told that changes cannot be remembered."""
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = options.theme
        self.animation_level = "none"
        self._jobs = JobControl(self)

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver class with a counter of the bytes that it writes."""
        return metered_driver_class(super().get_driver_class(), self._meter.count, self.watch_input)

    def watch_input(self, message: Message) -> None:
        """See each message of the input before the app gets it, in the thread that reads it; most apps ignore it."""

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters and those of the options."""
        return [_PRINTABLE, *super().get_line_filters(), *self._options.filters]

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's colors, with a border color that can be seen in every theme."""
        colors = super().get_css_variables()
        return {**colors, "border-blurred": border_color(self.theme, colors)}

    def handle_signal(self, number: signal.Signals) -> None:
        """Suspend, resume or end the app. May be called in any thread."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Capture printed text, take the user's keys, and remember the theme."""
        self.begin_capture_print(self)
        self.set_keymap(dict(self._options.keymap))
        self.remember_changes(self, "theme")

    def remember_changes(self, node: DOMNode, attribute: str) -> None:
        """Remember a setting for the next start when a key changes it.

        Args:
            node: The object with the reactive attribute.
            attribute: The name of the attribute, and of the setting.
        """
        self.watch(node, attribute, partial(self._remember, attribute), init=False)

    @property
    def copyable(self) -> Sequence[Copyable]:
        """What there is to copy where no text is selected; it may be nothing."""
        raise NotImplementedError

    async def action_copy(self) -> None:
        """Copy the selected text; if there is none, ask which path or command."""
        if selected := self.screen.get_selected_text():
            self.copy(selected)
            self.screen.clear_selection()
        elif texts := self.copyable:
            await self.push_screen(CopyScreen(texts), self.copy)

    def copy(self, text: str | None) -> None:
        """Copy a text to the terminal's clipboard, and show it; None: do nothing."""
        if text:
            self.copy_to_clipboard(text)
            self.notify(text, title="copied")

    def _remember(self, name: str, value: object) -> None:
        problem = self._options.remember(name, value)
        if problem and not self._is_forgetful:
            self._is_forgetful = True
            self.notify(f"{problem}. Changes hold until you leave.", title="not remembered", severity="warning")

    def on_print(self, event: Print) -> None:
        """Write printed text, which Textual captures, to the log."""
        with contextlib.suppress(OSError):  # the log's disk is full: the app still has to say so
            os.write(2 if event.stderr else 1, event.text.encode(errors="replace"))
