"""Replace the characters that a terminal would obey, or that hide what a text says."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control characters, format characters (the direction of text among them), lone surrogates, and line separators."""


def printable(text: str, *, keep: str = "\n\t") -> str:
    """Return a text from elsewhere as a terminal may show it.

    Each control or format character becomes a replacement character, except those to keep.
    """
    if text.isprintable():
        return text
    return "".join(
        REPLACEMENT if unicodedata.category(character) in _HIDDEN and character not in keep else character
        for character in text
    )
