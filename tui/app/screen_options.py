"""The options of the screen, from the command line, the environment and the user's settings."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rich.console import Console
from textual.filter import LineFilter, NoColor
from textual.theme import BUILTIN_THEMES

from ...core.errors import UsageError
from ..control import ACTIONS, Keymap, check_keymap
from ..control.browse_actions import BROWSE_ACTIONS
from ..control.compare_actions import COMPARE_ACTIONS
from ..render.announcements import Announcements, announcements
from ..render.ascii import AsciiOnly
from ..render.capabilities import detect
from ..settings import Preferences, Settings, Starts, in_file
from ..studio.keys import STUDIO_ACTIONS
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
    """Time between two pictures of samples, which cost more than everything else."""
    budget_share: float
    """CPU time of the app's thread, as a fraction of one core."""
    budget_bytes: float
    """Bytes per second to the terminal."""


USUAL = RefreshPace(0.5, 5.0, 3.0, 0.02, 7000)
SPARING = RefreshPace(8.0, 12.0, 40.0, 0.02, 1200)
"""The budgets are below the documented limits (3 % with 8 KB/s or 1.5 KB/s): what keys paint at once adds to them."""


Remember = Callable[[str, object], str]
"""Remembers the name and the value of a setting for the next start; returns why that failed, or ""."""


def forget(name: str, value: object) -> str:
    """Remember nothing."""
    return ""


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
    """Draw the studio's image in real pixels."""
    colors: bool = True
    """Whether to use colors (NO_COLOR)."""
    announcements: Announcements = field(default_factory=Announcements)
    """What the terminal is told besides the screen."""
    picture_style: str = "auto"
    """How images are drawn at first."""
    log_scale: bool = False
    """Whether the axis of the curves is logarithmic at first."""
    keymap: Keymap = field(default_factory=dict)
    """The keys that the user has given to actions."""
    remember: Remember = forget
    """Called with a setting that keys changed."""
    starts: Starts = field(default_factory=Starts)
    """What earlier starts took."""

    @property
    def pace(self) -> RefreshPace:
        """The pace of the frames."""
        return SPARING if self.low_bandwidth else USUAL

    @property
    def filters(self) -> list[LineFilter]:
        """The filters for each line of the screen."""
        return [*([] if self.colors else [_NO_COLOR]), *([_ASCII] if self.ascii else [])]


def screen_options(
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    *,
    theme: str | None = None,
    remember: Remember = forget,
    starts: Starts = Starts(),  # noqa: B008 (frozen)
    environment: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> ScreenOptions:
    """Return the options from the command line, the environment and the user's settings; the first of them wins.

    Args:
        settings: The user's settings, as `checked_settings` returns them, below the flags of the command line.
        theme: The theme of the command line; None: TEXTUAL_THEME, the settings', or one for the terminal's colors.
        remember: What remembers the settings that keys change.
        starts: What earlier starts took.
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
        ascii=settings.ascii or not terminal.unicode,
        mouse=settings.mouse,
        low_bandwidth=settings.low_bandwidth,
        theme=check_theme(theme or environment.get("TEXTUAL_THEME") or settings.theme or fallback),
        pixels=settings.pixels,
        colors=terminal.colors != "none",
        announcements=announcements(settings.notify, environment),
        picture_style=settings.picture_style,
        log_scale=settings.log_scale,
        keymap=settings.keys,
        remember=remember,
        starts=starts,
    )


def checked_settings(preferences: Preferences) -> Settings:
    """Return the user's settings with registered names of the theme and the keys.

    A theme that was remembered, and that this version does not have, is left out.

    Raises:
        ConfigError: when the settings file names an unknown theme, action or key, or one key for two actions.
    """
    settings = preferences.settings
    if preferences.source("theme") == "remembered" and settings.theme not in theme_names():
        settings = replace(settings, theme=None)
    try:
        studio = [*(action for action in ACTIONS if action.priority), *STUDIO_ACTIONS]
        keys = check_keymap(settings.keys, ACTIONS, COMPARE_ACTIONS, BROWSE_ACTIONS, studio)
        return replace(settings, theme=settings.theme and check_theme(settings.theme), keys=keys)
    except UsageError as error:
        raise in_file(preferences.path, error) from error


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
