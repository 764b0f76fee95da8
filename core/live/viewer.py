"""One viewer as the host sees it: what it is owed, which is never more than a little."""

from __future__ import annotations

import asyncio
from collections import deque

from .wire import Grown, encode

MAX_ANSWERS = 16
"""Questions of a viewer that may be unanswered; and answers that may wait for it to read them."""


class Viewer:
    """What waits for one viewer: how far the log has grown, of what is not logged the latest of each kind, and answers.

    It belongs to the server's loop. Whoever takes what the viewer says takes nothing more while it `is_behind`.
    """

    def __init__(self, writer: asyncio.StreamWriter, *, readonly: bool) -> None:
        self.readonly = readonly
        self.asked = 0
        """Questions that are not answered yet."""
        self.is_warned = False
        """It knows that the run takes no commands now."""
        self._writer = writer
        self._grown: Grown | None = None
        self._latest: dict[type, bytes] = {}
        self._answers: deque[bytes] = deque()
        self._is_over = False
        self._news = asyncio.Event()

    @property
    def is_behind(self) -> bool:
        """Whether it does not read its answers."""
        return len(self._answers) >= MAX_ANSWERS

    def grown(self, grown: Grown) -> None:
        """How far the log is whole, in the place of what may still wait of that."""
        self._grown = grown
        self._news.set()

    def show(self, kind: type, line: bytes) -> None:
        """An event that is not logged, in the place of the one of its kind that may still wait."""
        self._latest[kind] = line
        self._news.set()

    def answer(self, line: bytes) -> None:
        """A line that nothing replaces; it comes after all that waits."""
        self._answers.append(line)
        self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._is_over = True
        self._news.set()

    async def write(self) -> None:
        """Write what comes, as fast as the viewer reads, until `end`; then shut this side.

        Raises:
            OSError: when the viewer has gone.
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
        """The log before what is not in it, so that a viewer sees events in their order."""
        if self._grown is not None:
            grown, self._grown = self._grown, None
            return encode(grown)
        if self._latest:
            return self._latest.pop(next(iter(self._latest)))
        return self._answers.popleft() if self._answers else None
