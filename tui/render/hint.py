"""Write what will appear in a panel that has nothing to show yet."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .cells import Cells


def write_hint(cells: Cells, sentences: Sequence[str], style: int) -> None:
    """Write sentences in the middle of a panel, a paragraph each; leave out the last ones if there is no room.

    Args:
        cells: The empty panel.
        sentences: What to write, the most important first.
        style: The style of the text.
    """
    height, width = cells.glyphs.shape
    lines: list[str] = []
    for sentence in sentences:
        paragraph = textwrap.wrap(sentence, max(1, width - 2))
        gap = [""] if lines else []
        if lines and len(lines) + len(gap) + len(paragraph) > height:
            break
        lines += gap + paragraph
    top = max(0, (height - len(lines)) // 2)
    for y, line in enumerate(lines[:height], start=top):
        cells.write(y, max(0, (width - len(line)) // 2), line, style)
