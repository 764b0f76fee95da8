"""Hold a viewer's outbound messages in bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque

from .wire import Grown, encode

MAX_ANSWERS = 16
"""Unanswered questions of a viewer, at most; and queued answers at which the host stops reading from it."""


class Viewer:
    """Queue one viewer's messages.

    They are the log's size, the latest unlogged event of each type, and answers.

    To be used in the server's event loop. The server reads no messages from a viewer that `is_behind`.

    Args:
        writer: The stream to the viewer.
        readonly: Whether the viewer must not change the run.
    """

    def __init__(self, writer: asyncio.StreamWriter, *, readonly: bool) -> None:
        self.readonly = readonly
        self.asked = 0
        """The number of unanswered questions."""
        self.is_warned = False
        """Whether the viewer was told that the run accepts no commands now."""
        self._writer = writer
        self._grown: Grown | None = None
        self._latest: dict[type, bytes] = {}
        self._answers: deque[bytes] = deque()
        self._is_over = False
        self._news = asyncio.Event()

    @property
    def is_behind(self) -> bool:
        """Whether the viewer does not read its answers."""
        return len(self._answers) >= MAX_ANSWERS

    def grown(self, grown: Grown) -> None:
        """Queue the size of the log; it replaces a waiting one."""
        self._grown = grown
        self._news.set()

    def show(self, kind: type, line: bytes) -> None:
        """Queue an unlogged event; it replaces a waiting one of its type."""
        self._latest[kind] = line
        self._news.set()

    def answer(self, line: bytes) -> None:
        """Queue a line that nothing replaces, after all waiting ones."""
        self._answers.append(line)
        self._news.set()

    def end(self) -> None:
        """Let `write` end after the waiting lines."""
        self._is_over = True
        self._news.set()

    async def write(self) -> None:
        """Write the queued lines until `end`, then close this side.

        Raises:
            OSError: when the viewer has hung up.
        """
        while True:
            while (line := self._next()) is not None:
                self._writer.write(line)
                await self._writer.drain()
            if self._is_over:
                self._writer.write_eof()
                return
            self._news.clear()
            await self._news.wait()

    def _next(self) -> bytes | None:
        """Take the next line; the log's size comes first, for the order."""
        if self._grown is not None:
            grown, self._grown = self._grown, None
            return encode(grown)
        if self._latest:
            return self._latest.pop(next(iter(self._latest)))
        return self._answers.popleft() if self._answers else None
