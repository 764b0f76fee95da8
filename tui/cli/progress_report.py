"""Report the progress of a preparation as a bar or as plain lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn

from ...core.data import ProgressCallback
from ..state import amount
from .cursor_console import CursorConsole
from .printing import print_text

LINE_SECONDS = 2.0
"""Seconds between two plain lines about one preparation, at least."""


@contextmanager
def showing_progress() -> Iterator[ProgressCallback]:
    """Yield a callback that shows the progress inside the block.

    Its arguments are label, done, total and unit.

    The progress goes to standard error, because standard output is for results.
    """
    console = CursorConsole(stderr=True)
    if not console.is_terminal:
        yield _line_printer()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        console=console,
    ) as bar:
        task = bar.add_task("starting", total=None, amount="")

        def show(label: str, done: int, total: int, unit: str) -> None:
            text = amount(done, total, unit)
            bar.update(task, description=label, completed=done, total=total or None, amount=text)

        yield show


def _line_printer() -> ProgressCallback:
    printed_at: dict[str, float] = {}

    def show(label: str, done: int, total: int, unit: str) -> None:
        if time.monotonic() - printed_at.get(label, -LINE_SECONDS) >= LINE_SECONDS:
            printed_at[label] = time.monotonic()
            print_text(f"{label}: {amount(done, total, unit)}", error=True)

    return show
