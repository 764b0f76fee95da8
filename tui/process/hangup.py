"""Let work continue when the terminal is lost."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TextIO, cast

from .terminal import Guarded, Terminal, let_go_of_terminal


class Line:
    """Write to a terminal until it is lost, then discard writes.

    Args:
        terminal: The terminal. Streams that are files or pipes, and standard input if it is one, are never touched.
        on_cut: Called once, in the thread that notices the loss.
    """

    def __init__(self, terminal: Terminal, on_cut: Callable[[], None]) -> None:
        descriptors = (0, terminal.stdout.fileno(), terminal.stderr.fileno())
        # Found now: after `cut` none of them is a terminal.
        self._ends = [descriptor for descriptor in descriptors if os.isatty(descriptor)]
        self._on_cut = on_cut
        self._is_cut = False
        self.stdout = terminal.stdout
        """The stream to write to; a failed write to a terminal calls `cut`."""
        if self.stdout.isatty():
            self.stdout = cast(TextIO, Guarded(self.stdout, self._cut_by_failure))

    def cut(self) -> None:
        """Replace the terminal by /dev/null for reading and writing."""
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
