"""The flags of the commands that open a screen. Like all of the command line, quick to import."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from ..app.screen_options import ScreenOptions


@Parameter(name="*")
@dataclass(frozen=True)
class ScreenFlags:
    """How the screen is shown."""

    ascii: bool = False
    """Nothing but ASCII characters."""

    no_mouse: bool = False
    """Leave the mouse to the terminal."""

    low_bandwidth: bool = False
    """Spare a slow link: at most 1.5 KB/s to the terminal."""

    theme: str | None = None
    """A theme of the command palette's list."""

    pixels: bool = False
    """Draw the studio's digit in real pixels, with Kitty's graphics or Sixel (needs vae-tui[pixels])."""


Screen = Annotated[ScreenFlags, Parameter(name="*", group=Group("Screen", sort_key=8))]
"""The flags as a parameter of a command."""


def screen_options_of(screen: ScreenFlags) -> ScreenOptions:
    """The options of the screen. That pixels cannot be drawn is said, and no reason to stop."""
    from ..app.screen_options import screen_options

    reason = ""
    if screen.pixels:
        from ..widgets import why_no_pixels

        reason = why_no_pixels()
        if reason:
            sys.stderr.write(f"vae-tui: --pixels: {reason}: drawing with characters\n")
    return screen_options(
        ascii=screen.ascii,
        mouse=not screen.no_mouse,
        low_bandwidth=screen.low_bandwidth,
        theme=screen.theme,
        pixels=screen.pixels and not reason,
    )
