"""Collect the text of a bracketed paste within bounds: its end may have been lost on the way."""

from __future__ import annotations

import re

from textual._xterm_parser import BRACKETED_PASTE_END

LONGEST = 1_000_000
"""Characters of the longest paste that the app receives; a longer one is dropped as a whole."""

WINDOW_SECONDS = 3.0
"""Seconds after which a paste is dropped if fewer than FEWEST characters have come in them."""

FEWEST = 100
"""Characters that tell a slow paste from keys: the user types on a keyboard that seems dead, or holds a key down."""

_SEQUENCE = re.compile(r"\x1b\[[0-9;:<?]*[@-~]")
"""A key or a movement of the mouse: terminals take the escapes out of what they paste."""

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


class Paste:
    """Collect the text that follows the start of a bracketed paste.

    Args:
        now: The time of its start, in seconds.
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
        """Tell whether the paste exceeds the longest one."""
        return self._length > LONGEST

    @property
    def text(self) -> str:
        """Return the pasted text without control characters.

        Widgets draw what was pasted, and the terminal would obey an escape sequence in it.
        """
        return "".join(self._parts).translate(_CONTROLS)

    def add(self, text: str) -> str | None:
        """Add a text. Returns what follows the end of the paste; None while the end has not come."""
        self._come += len(_SEQUENCE.sub("", text))
        joined = self._tail + text
        pasted, end, rest = joined.partition(BRACKETED_PASTE_END)
        if not end:
            kept = len(joined) - len(BRACKETED_PASTE_END) + 1  # the rest may be the first half of the end marker
            pasted, self._tail = joined[: max(kept, 0)], joined[max(kept, 0) :]
        self._parts.append(pasted)
        self._length += len(pasted)
        if self.is_too_long:
            self._parts.clear()
        return rest if end else None

    def is_stalled(self, now: float) -> bool:
        """Tell whether the paste comes too slowly to be one. To be called about ten times a second."""
        if now - self._window_from < WINDOW_SECONDS:
            return False
        is_stalled = self._come - self._come_then < FEWEST
        self._window_from, self._come_then = now, self._come
        return is_stalled
