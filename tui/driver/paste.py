"""Collect a bracketed paste within bounds; its end marker may be lost."""

from __future__ import annotations

import re

from textual._xterm_parser import BRACKETED_PASTE_END

LONGEST = 1_000_000
"""Characters of a paste, at most; a longer paste is dropped as a whole."""

WINDOW_SECONDS = 3.0
"""A paste is dropped if fewer than FEWEST characters arrive in this many seconds."""

FEWEST = 100
"""Fewer characters are keys, not a paste: the user types on a keyboard that seems dead, or holds a key down."""

_SEQUENCE = re.compile(r"\x1b\[[0-9;:<?]*[@-~]")
"""Matches a key or a mouse report; it is not part of a paste, from which terminals remove escapes."""

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


class Paste:
    """Collect the text that follows the start of a bracketed paste.

    Args:
        now: The time at the start of the paste, in seconds.
    """

    def __init__(self, now: float) -> None:
        self._parts: list[str] = []
        self._tail = ""
        self._length = 0
        self._come = 0
        self._window_from = now
        self._come_then = 0

    @property
    def is_too_long(self) -> bool:
        """Whether the paste is longer than LONGEST."""
        return self._length > LONGEST

    @property
    def text(self) -> str:
        """The pasted text without control characters.

        Widgets draw the text, and the terminal would obey an escape sequence in it.
        """
        return "".join(self._parts).translate(_CONTROLS)

    def add(self, text: str) -> str | None:
        """Add a text. Return the text after the end marker, if found."""
        self._come += len(_SEQUENCE.sub("", text))
        joined = self._tail + text
        pasted, end, rest = joined.partition(BRACKETED_PASTE_END)
        if not end:
            kept = len(joined) - len(BRACKETED_PASTE_END) + 1  # the rest may be the start of the end marker
            pasted, self._tail = joined[: max(kept, 0)], joined[max(kept, 0) :]
        self._parts.append(pasted)
        self._length += len(pasted)
        if self.is_too_long:
            self._parts.clear()
        return rest if end else None

    def is_stalled(self, now: float) -> bool:
        """Return whether the paste arrives too slowly to be one.

        Call it about ten times a second.
        """
        if now - self._window_from < WINDOW_SECONDS:
            return False
        is_stalled = self._come - self._come_then < FEWEST
        self._window_from, self._come_then = now, self._come
        return is_stalled
