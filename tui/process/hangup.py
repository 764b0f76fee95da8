"""A terminal that may go away while the work goes on: its link is cut, its window closed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TextIO, cast

from .terminal import Guarded, Terminal, let_go_of_terminal


class Line:
    """The line to a terminal, until it is cut; afterwards what is written goes nowhere, and nothing fails.

    Args:
        terminal: The terminal. What of it, or of standard input, is a file or a pipe is never touched.
        on_cut: Called once, in the thread that finds out.
    """

    def __init__(self, terminal: Terminal, on_cut: Callable[[], None]) -> None:
        descriptors = (0, terminal.stdout.fileno(), terminal.stderr.fileno())
        self._ends = [descriptor for descriptor in descriptors if os.isatty(descriptor)]  # once cut, none of them is
        self._on_cut = on_cut
        self._is_cut = False
        self.stdout = terminal.stdout
        """Where to write to; a terminal that no longer takes anything cuts the line."""
        if self.stdout.isatty():
            self.stdout = cast(TextIO, Guarded(self.stdout, self._cut_by_failure))

    def cut(self) -> None:
        """Let go of the terminal: nothing can be read from it or written to it any more."""
        if self._is_cut:
            return
        self._is_cut = True
        let_go_of_terminal(self._ends)
        self._on_cut()

    @contextlib.contextmanager
    def _cut_by_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.cut()
