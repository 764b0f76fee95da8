"""Define the screen's flags; quick to import, like all signatures."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from ..app.screen_options import ScreenOptions
    from ..settings import Preferences


def _switch(name: str) -> Parameter:
    """Return the parameter of a flag that settings may turn on, so that `--no-NAME` turns it off."""
    return Parameter(negative=f"--no-{name}")


@Parameter(name="*")
@dataclass(frozen=True)
class ScreenFlags:
    """How the screen is shown; None: as the user's settings say."""

    ascii: Annotated[bool | None, _switch("ascii")] = None
    """Draw with ASCII characters only."""

    mouse: Annotated[bool | None, _switch("mouse")] = None
    """Handle the mouse (default), or leave it to the terminal."""

    low_bandwidth: Annotated[bool | None, _switch("low-bandwidth")] = None
    """Send at most 1.5 KB/s to the terminal, for slow links."""

    theme: str | None = None
    """The color theme; the command palette lists all of them."""

    notify: Literal["auto", "bell", "off"] | None = None
    """How the end, a failure or an alert is told to users who look at another window: auto (default; bell, title, and
    where the terminal is known to have them a desktop notification and progress), bell, or off."""

    pixels: Annotated[bool | None, _switch("pixels")] = None
    """Draw the studio's image in real pixels, with Kitty's graphics or Sixel (needs vae-tui[pixels])."""


Screen = Annotated[ScreenFlags, Parameter(name="*", group=Group("Screen", sort_key=8))]
"""The flags as a parameter of a command."""


def screen_options_of(
    flags: ScreenFlags, preferences: Preferences | None = None, *, encoding: str | None = None
) -> ScreenOptions:
    """Return the options of the screen: the flags, else what the user prefers.

    If pixels cannot be drawn, continue without them; warn if the command line asked for them.

    Args:
        flags: The flags of the command line.
        preferences: What the user prefers (default: what is stored on this machine).
        encoding: The encoding of the terminal; see `screen_options`.
    """
    from ..app.screen_options import checked_settings, screen_options
    from ..settings import Starts, load_preferences

    preferences = preferences or load_preferences()
    given = {name: value for name, value in vars(flags).items() if value is not None}
    settings = replace(checked_settings(preferences), **given)
    if settings.pixels:
        from ..widgets.real_pixels import why_no_pixels

        reason = why_no_pixels()
        if reason and flags.pixels:
            sys.stderr.write(f"vae-tui: --pixels: {reason}; drawing with characters\n")
        settings = replace(settings, pixels=not reason)
    memory = preferences.memory
    starts = Starts.recalled(memory.recall().get("starts"))
    return screen_options(settings, theme=flags.theme, remember=memory.remember, starts=starts, encoding=encoding)
