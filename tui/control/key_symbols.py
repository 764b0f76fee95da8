"""Name keys for users, in Unicode and in ASCII."""

from __future__ import annotations

from collections.abc import Iterable

SYMBOLS: dict[str, tuple[str, str]] = {
    "left": ("←", "left"),
    "right": ("→", "right"),
    "up": ("↑", "up"),
    "down": ("↓", "down"),
    "escape": ("esc", "esc"),
    "comma": (",", ","),
    "full_stop": (".", "."),
    "less_than_sign": ("<", "<"),
    "greater_than_sign": (">", ">"),
    "plus": ("+", "+"),
    "minus": ("-", "-"),
    "left_square_bracket": ("[", "["),
    "right_square_bracket": ("]", "]"),
    "colon": (":", ":"),
    "slash": ("/", "/"),
    "question_mark": ("?", "?"),
    "apostrophe": ("'", "'"),
    "pageup": ("PgUp", "PgUp"),
    "pagedown": ("PgDn", "PgDn"),
}
"""The symbol of each key and its ASCII symbol; other keys show their names.

An ASCII symbol must not be what another key types: the ASCII likeness of an arrow is the key of beta.
"""


def key_symbols(keys: Iterable[str], unicode: bool) -> str:
    """Return the symbols of keys, separated by spaces.

    Args:
        keys: Textual's names of the keys.
        unicode: Whether the terminal can show more than ASCII.
    """
    return " ".join(SYMBOLS.get(key, (key, key))[0 if unicode else 1] for key in keys)
