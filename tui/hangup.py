"""A terminal that may go away while the work goes on: its link is cut, its window closed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import TextIO, cast

from .terminal import Terminal


class Line:
    """The line to a terminal, until it is cut; afterwards what is written goes nowhere, and nothing fails.

    Args:
        terminal: The terminal. What of it, or of standard input, is a file or a pipe is never touched.
        on_cut: Called once, in whichever thread finds out.
    """

    def __init__(self, terminal: Terminal, on_cut: Callable[[], None]) -> None:
        descriptors = (0, terminal.stdout.fileno(), terminal.stderr.fileno())
        self._ends = [descriptor for descriptor in descriptors if os.isatty(descriptor)]  # once cut, none of them is
        self._on_cut = on_cut
        self._is_cut = False
        self.stdout = cast(TextIO, _Output(terminal.stdout, self.cut)) if terminal.stdout.isatty() else terminal.stdout
        """Where to write to; a terminal that no longer takes anything cuts the line."""

    def cut(self) -> None:
        """Let go of the terminal: nothing can be read from it or written to it any more."""
        if self._is_cut:
            return
        self._is_cut = True
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in self._ends:
            os.dup2(null, descriptor)
        os.close(null)
        self._on_cut()

    @contextlib.contextmanager
    def cut_by_signal(self) -> Iterator[None]:
        """While this lasts, SIGHUP cuts the line and no more. Under `nohup` it is ignored, as before."""
        before = signal.getsignal(signal.SIGHUP)
        if before != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, lambda number, frame: self.cut())
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, before)


class _Output:
    """A text stream of which writing never fails."""

    def __init__(self, stream: TextIO, on_failure: Callable[[], None]) -> None:
        self._stream = stream
        self._on_failure = on_failure

    def write(self, text: str) -> int:
        with self._forgiving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._forgiving():
            self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self._on_failure()
