"""Keep control characters of a run's texts from the terminal, with a filter on Textual's output."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from ..process.printable import printable


class PrintableOnly(LineFilter):
    """Replace the characters that `printable` replaces; a line that becomes longer is cut."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments of a line as a terminal may show them."""
        if all(segment.control or segment.text.isprintable() for segment in segments):
            return segments
        changed = [
            segment if segment.control else Segment(printable(segment.text, keep=""), segment.style)
            for segment in segments
        ]
        width = sum(segment.cell_length for segment in segments)  # of a control character 0, of its replacement 1
        return Segment.adjust_line_length(changed, width, pad=False)
