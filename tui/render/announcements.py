"""Encode what a terminal shows of a run outside of its screen: title, progress, bell, desktop notification.

Every sequence is sent only to terminals that are known to take it; others would print it, or show it as a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Notify = Literal["auto", "bell", "off"]
"""What a user chooses: everything that the terminal is known to take, the bell alone, or nothing."""

Desktop = Literal["9", "777", ""]
"""The number of the OSC for desktop notifications: iTerm2's, urxvt's, or none."""

BELL = "\a"
KEEP_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""Push the window's title on the terminal's stack, and pop it (xterm's window operations)."""

_TITLELESS = ("dumb", "linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Values of TERM whose terminals may print an OSC."""

_DESKTOP: dict[str, Desktop] = {"iTerm.app": "9", "ghostty": "9", "WezTerm": "9"}
"""By TERM_PROGRAM."""

_DESKTOP_BY_TERM: dict[str, Desktop] = {"xterm-kitty": "9", "foot": "777", "xterm-ghostty": "9", "rxvt-unicode": "777"}
"""By the beginning of TERM."""


@dataclass(frozen=True)
class Announcements:
    """What a terminal is told besides the screen."""

    bell: bool = False
    title: bool = False
    progress: bool = False
    """Whether the terminal shows progress by ConEmu's OSC 9;4; iTerm2 before 3.6.6 would show it as a message."""
    desktop: Desktop = ""


def announcements(notify: Notify, environment: Mapping[str, str]) -> Announcements:
    """Return what to tell a terminal.

    A multiplexer (tmux, screen) handles the bell and the title itself, and swallows the rest.

    Args:
        notify: The user's choice.
        environment: Environment variables, which tell the terminal.
    """
    if notify != "auto":
        return Announcements(bell=notify == "bell")
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    title = bool(term) and term not in _TITLELESS
    if "TMUX" in environment or term.startswith(("tmux", "screen")):
        return Announcements(bell=True, title=title)
    progress = (
        "WT_SESSION" in environment
        or environment.get("ConEmuANSI") == "ON"
        or program in ("ghostty", "mintty")
        or term == "xterm-ghostty"
    )
    return Announcements(bell=True, title=title, progress=progress, desktop=_desktop_of(term, program))


def _desktop_of(term: str, program: str) -> Desktop:
    if program in _DESKTOP:
        return _DESKTOP[program]
    for name, osc in _DESKTOP_BY_TERM.items():
        if term.startswith(name):
            return osc
    return ""


def title(text: str) -> str:
    """Encode a window title."""
    return f"\x1b]2;{_plain(text)}\a"


def progress(state: Literal["none", "running", "error", "paused"], percent: int = 0) -> str:
    """Encode a progress from 0 to 100 percent."""
    number = {"none": 0, "running": 1, "error": 2, "paused": 4}[state]
    return f"\x1b]9;4;{number};{percent}\a"


def desktop_notification(osc: Desktop, text: str) -> str:
    """Encode a desktop notification; empty if the terminal has none."""
    if osc == "9":
        return f"\x1b]9;vae-tui: {_plain(text)}\a"
    return f"\x1b]777;notify;vae-tui;{_plain(text).replace(';', ',')}\a" if osc else ""


def _plain(text: str) -> str:
    """Return a text without characters that would end a sequence."""
    return "".join(character for character in text if character.isprintable())
