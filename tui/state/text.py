"""Format times, amounts and columns for a screen: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from ...core.text import count


def duration(seconds: float) -> str:
    """Return a duration as on a clock: "0:07", "12:30", "3:05:00"."""
    minutes, second = divmod(max(0, round(seconds)), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def amount(done: int, total: int, unit: str) -> str:
    """Return a progress as text, such as "3.1 of 9.9 MB" or "1,200 images".

    The second form is for a total of 0, which stands for an unknown one.
    """
    if unit == "bytes":
        unit = "MB"
        done_text, total_text = f"{done / 1e6:.1f}", f"{total / 1e6:.1f}"
    else:
        done_text, total_text = count(done), count(total)
    return f"{done_text} of {total_text} {unit}" if total else f"{done_text} {unit}"


def shorten(text: str, width: int) -> str:
    """Cut the middle out of a text that is wider than `width` cells."""
    if len(text) <= width:
        return text
    if width < 3:
        return text[: max(0, width)]
    head = (width - 1) // 3
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def cut_cells(text: str, width: int, *, unicode: bool = True) -> str:
    """Cut a text that takes more than `width` cells, and end it with an ellipsis if there is room for one."""
    if cell_len(text) <= width:
        return text
    end = "…" if unicode else "~"
    return set_cell_size(text, width - 1).rstrip() + end if width > 2 else set_cell_size(text, max(0, width))


def shorten_end(text: str, width: int) -> str:
    """Cut the last words of a text that is wider than `width` cells, and end it with an ellipsis."""
    if len(text) <= width:
        return text
    if width < 1:
        return ""
    whole = text[:width].rpartition(" ")[0].rstrip(" ,;:")
    return f"{whole or text[: width - 1]}…"


def fitting(variants: Sequence[str], width: int) -> str:
    """Return the first of several texts, longest first, that fits in `width` cells, or an empty text."""
    return next((text for text in variants if len(text) <= width), "")


def align_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of cells as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
