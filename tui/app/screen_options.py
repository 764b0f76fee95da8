"""How the screen is to be shown: what the user asked for, and what the environment says of the terminal."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rich.console import Console
from textual.filter import LineFilter, NoColor
from textual.theme import BUILTIN_THEMES

from ...core.errors import UsageError
from ..render.ascii import AsciiOnly
from ..render.capabilities import detect
from .themes import THEMES

DEFAULT_THEME = "textual-dark"

NATIVE_THEME = "ansi-dark"
"""The default where there are no more than 16 colours: it uses the terminal's own, on its own background."""

_NO_COLOR, _ASCII = NoColor(), AsciiOnly()
"""Always the same ones: Textual keeps what a filter made of a line."""


class RefreshPace(NamedTuple):
    """How often the screen changes by itself, and what that may cost."""

    frame_seconds: float
    """Time between two paintings, to begin with."""
    slowest_seconds: float
    """That time at the most, whatever it costs."""
    picture_seconds: float
    """Time between two pictures of digits, which cost more than all the rest."""
    budget_share: float
    """CPU time of the thread that paints, as a fraction of one core."""
    budget_bytes: float
    """Bytes a second to the terminal."""


USUAL = RefreshPace(0.5, 5.0, 3.0, 0.02, 7000)
SPARING = RefreshPace(8.0, 12.0, 40.0, 0.02, 1200)
"""The budgets are below what is promised, 3 % with 8 KB/s or 1.5 KB/s: the first seconds and every key come on top."""


@dataclass(frozen=True)
class ScreenOptions:
    """The options of the screen; they are kept nowhere."""

    ascii: bool = False
    """Show nothing but ASCII."""
    mouse: bool = True
    """Listen to the mouse, which takes the terminal's own selection of text away."""
    low_bandwidth: bool = False
    """Spare the way to the terminal."""
    theme: str = DEFAULT_THEME
    pixels: bool = False
    """Draw digits in real pixels where the terminal can."""
    colors: bool = True
    """Whether any are wanted (NO_COLOR)."""

    @property
    def pace(self) -> RefreshPace:
        """How often to paint."""
        return SPARING if self.low_bandwidth else USUAL

    @property
    def filters(self) -> list[LineFilter]:
        """What each line of the screen is passed through before it is sent."""
        return [*([] if self.colors else [_NO_COLOR]), *([_ASCII] if self.ascii else [])]


def screen_options(
    *,
    ascii: bool = False,
    mouse: bool = True,
    low_bandwidth: bool = False,
    theme: str | None = None,
    pixels: bool = False,
    environment: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> ScreenOptions:
    """The options that the command line and the environment make together; the command line wins.

    Args:
        ascii: Whether nothing but ASCII is wanted. It is taken where the terminal has no more, too.
        mouse: Whether to listen to the mouse.
        low_bandwidth: Whether to spare the way to the terminal.
        theme: A theme's name; None: TEXTUAL_THEME, or what suits the terminal's colours.
        pixels: Whether digits are to be drawn in real pixels.
        environment: Environment variables (default: the process's).
        encoding: The encoding of what is written to the terminal (default: that of standard error, where
            Textual draws).

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
    )


def theme_names() -> list[str]:
    """The names of all themes: those of this app, then Textual's."""
    return [*(theme.name for theme in THEMES), *BUILTIN_THEMES]


def check_theme(name: str) -> str:
    """A theme's name as it is registered: capitals and spaces do not count.

    Raises:
        UsageError: when there is no such theme; it says which are near.
    """
    names = theme_names()
    wanted = "-".join(name.lower().replace("_", " ").split())
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(names)}"
    raise UsageError(f'there is no theme "{name}"; {hint}')
