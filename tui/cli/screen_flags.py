"""Define the screen's flags; quick to import, like all signatures."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from ..app.screen_options import ScreenOptions


@Parameter(name="*")
@dataclass(frozen=True)
class ScreenFlags:
    """How the screen is shown."""

    ascii: bool = False
    """Draw with ASCII characters only."""

    no_mouse: bool = False
    """Leave the mouse to the terminal."""

    low_bandwidth: bool = False
    """Send at most 1.5 KB/s to the terminal, for slow links."""

    theme: str | None = None
    """The color theme; the command palette lists all of them."""

    notify: Literal["auto", "bell", "off"] = "auto"
    """How the end, a failure or an alert is told to users who look at another window: auto (bell, title, and where the
    terminal is known to have them a desktop notification and progress), bell, or off."""

    pixels: bool = False
    """Draw the studio's digit in real pixels, with Kitty's graphics or Sixel (needs vae-tui[pixels])."""


Screen = Annotated[ScreenFlags, Parameter(name="*", group=Group("Screen", sort_key=8))]
"""The flags as a parameter of a command."""


def screen_options_of(screen: ScreenFlags) -> ScreenOptions:
    """Return the options of the screen.

    If pixels cannot be drawn, warn and continue without them.
    """
    from ..app.screen_options import screen_options

    reason = ""
    if screen.pixels:
        from ..widgets import why_no_pixels

        reason = why_no_pixels()
        if reason:
            sys.stderr.write(f"vae-tui: --pixels: {reason}; drawing with characters\n")
    return screen_options(
        ascii=screen.ascii,
        mouse=not screen.no_mouse,
        low_bandwidth=screen.low_bandwidth,
        theme=screen.theme,
        pixels=screen.pixels and not reason,
        notify=screen.notify,
    )
