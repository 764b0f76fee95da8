"""The options of the screen, from the command line and the environment."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console
from textual.filter import LineFilter, NoColor
from textual.theme import BUILTIN_THEMES

from ...core.errors import UsageError
from ..render.announcements import Announcements, Notify, announcements
from ..render.ascii import AsciiOnly
from ..render.capabilities import detect
from .themes import THEMES

DEFAULT_THEME = "textual-dark"

NATIVE_THEME = "ansi-dark"
"""The default for at most 16 colors: it uses the terminal's own colors and background."""

_NO_COLOR, _ASCII = NoColor(), AsciiOnly()
"""Single instances, because Textual caches the filtered lines per filter."""


class RefreshPace(NamedTuple):
    """How often the screen is painted, and the budgets for that."""

    frame_seconds: float
    """Time between two frames, at least."""
    slowest_seconds: float
    """Time between two frames, at most, whatever the cost."""
    picture_seconds: float
    """Time between two pictures of digits, which cost more than everything else."""
    budget_share: float
    """CPU time of the app's thread, as a fraction of one core."""
    budget_bytes: float
    """Bytes per second to the terminal."""


USUAL = RefreshPace(0.5, 5.0, 3.0, 0.02, 7000)
SPARING = RefreshPace(8.0, 12.0, 40.0, 0.02, 1200)
"""The budgets are below the documented limits (3 % with 8 KB/s or 1.5 KB/s): what keys paint at once adds to them."""


@dataclass(frozen=True)
class ScreenOptions:
    """The options of the screen; they are not stored in the run."""

    ascii: bool = False
    """Show ASCII characters only."""
    mouse: bool = True
    """Handle the mouse, which disables the terminal's own text selection."""
    low_bandwidth: bool = False
    """Send little to the terminal, for a slow link."""
    theme: str = DEFAULT_THEME
    pixels: bool = False
    """Draw the studio's digit in real pixels."""
    colors: bool = True
    """Whether to use colors (NO_COLOR)."""
    announcements: Announcements = field(default_factory=Announcements)
    """What the terminal is told besides the screen."""

    @property
    def pace(self) -> RefreshPace:
        """The pace of the frames."""
        return SPARING if self.low_bandwidth else USUAL

    @property
    def filters(self) -> list[LineFilter]:
        """The filters for each line of the screen."""
        return [*([] if self.colors else [_NO_COLOR]), *([_ASCII] if self.ascii else [])]


def screen_options(
    *,
    ascii: bool = False,
    mouse: bool = True,
    low_bandwidth: bool = False,
    theme: str | None = None,
    pixels: bool = False,
    notify: Notify = "auto",
    environment: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> ScreenOptions:
    """Return the options from the command line and the environment; the command line wins.

    Args:
        ascii: Whether to show ASCII characters only; always on if the terminal has no Unicode.
        mouse: Whether to handle the mouse.
        low_bandwidth: Whether to send little to the terminal.
        theme: A theme's name; None: TEXTUAL_THEME, or a default for the terminal's colors.
        pixels: Whether to draw the studio's digit in real pixels.
        notify: What to tell the terminal besides the screen.
        environment: Environment variables (default: those of the process).
        encoding: The encoding of the terminal (default: that of standard error, where Textual draws).

    Raises:
        UsageError: when there is no such theme.
    """
    environment = os.environ if environment is None else environment
    encoding = encoding or str(getattr(sys.__stderr__, "encoding", "ascii"))
    terminal = detect(
        Console(force_terminal=True, _environ=environment).color_system,
        no_color="NO_COLOR" in environment,
        encoding=encoding,
        environment=environment,
    )
    fallback = DEFAULT_THEME if terminal.colors in ("truecolor", "256") else NATIVE_THEME
    return ScreenOptions(
        ascii=ascii or not terminal.unicode,
        mouse=mouse,
        low_bandwidth=low_bandwidth,
        theme=check_theme(theme or environment.get("TEXTUAL_THEME") or fallback),
        pixels=pixels,
        colors=terminal.colors != "none",
        announcements=announcements(notify, environment),
    )


def theme_names() -> list[str]:
    """Return the names of all themes: this app's, then Textual's."""
    return [*(theme.name for theme in THEMES), *BUILTIN_THEMES]


def check_theme(name: str) -> str:
    """Return a theme's registered name, ignoring case; spaces and underscores count as hyphens.

    Raises:
        UsageError: when there is no such theme; the message suggests similar names.
    """
    names = theme_names()
    wanted = "-".join(name.lower().replace("_", " ").split())
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(names)}"
    raise UsageError(f'there is no theme "{name}"; {hint}')
