"""Show the whole screen in ASCII, with a filter on Textual's output."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    **dict.fromkeys("─╌┄┈╴╶╼▁▂▔", "-"),
    **dict.fromkeys("━═╍┅┉╸╺╾", "="),
    **dict.fromkeys("│┃║╎╏┆┇┊┋╵╷╹╻╽╿▎▏▌▐▕", "|"),
    **dict.fromkeys("■█▓▊▋▉▍", "#"),
    **dict.fromkeys("░▒", ":"),
    **dict.fromkeys("•●○◆◇◉", "o"),
    **dict.fromkeys("·∙⋅", "."),
    **dict.fromkeys("–—−‐‑", "-"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("✓✔", "v"),
    **dict.fromkeys("✗✘×", "x"),
    **dict.fromkeys("▲△↑⬆▴", "^"),
    **dict.fromkeys("▼▽↓⬇▾", "v"),
    **dict.fromkeys("▶▷→►▸⮕", ">"),
    **dict.fromkeys("◀◁←◄◂", "<"),
    "…": "~",
    "≤": "<",
    "≥": ">",
    "≈": "~",
    "±": "+",
    "β": "b",
    "μ": "u",
    "σ": "s",
    "🔎": "/ ",
}
"""Replacements of symbols that are not letters."""


class AsciiOnly(LineFilter):
    """Replace every character by ASCII of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments of a line in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def to_ascii(text: str) -> str:
    """Convert a text to ASCII of the same width.

    Lines become `-`, `|` and `+`, and letters lose their accents.

    Characters without an equivalent become question marks; characters of zero width are removed.
    """
    return "".join(character if character.isascii() else _likeness(character) for character in text)


@lru_cache(maxsize=4096)
def _likeness(character: str) -> str:
    width = cell_len(character)
    if character in _SIGNS:
        return _SIGNS[character][:width].ljust(width)
    if 0x2500 <= ord(character) <= 0x257F:  # box drawing: all but straight lines are corners or crossings
        return "+"
    if 0x2580 <= ord(character) <= 0x259F:  # block elements: halves and quadrants
        return "#"
    if 0x2800 <= ord(character) <= 0x28FF:  # Braille
        return " " if ord(character) == 0x2800 else ":"
    letter = unicodedata.normalize("NFKD", character)
    kept = "".join(part for part in letter if part.isascii())
    return kept if kept and len(kept) == width else "?" * width
