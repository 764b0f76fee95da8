"""Asking for digits: never more than one question on its way, and of those that wait only the newest one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import perf_counter

import numpy as np
from jaxtyping import Float32

from ...core.protocol import CodeSpace, Command, Generate, Generated, Weights

_tickets = itertools.count(1)


class GenerateRequests:
    """Sends `Generate` commands for one part of the screen, as fast as they are answered and no faster.

    While one is on its way, a newer request takes the place of the one that waits: whoever holds a key down gets the
    digits of where they are, not of every place they came through.
    """

    def __init__(self, send: Callable[[Command], None]) -> None:
        self._send = send
        self._asked: Generate | None = None
        self._waiting: Generate | None = None
        self._sent_at = 0.0
        self.seconds: float | None = None
        """How long the last answer took, from its sending on; None before the first one."""

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._asked is not None

    def ask(
        self,
        codes: Float32[np.ndarray, "n latents"],
        classes: Float32[np.ndarray, "n classes"],
        weights: Weights = "ema",
        space: CodeSpace = "noise",
    ) -> int:
        """Request the digits of codes, at most MAX_CODES; returns the ticket that their answer will bear.

        No ticket is given twice in a process. A request that a newer one replaces is never answered.
        """
        request = Generate(next(_tickets), codes, classes, weights, space)
        if self._asked is None:
            self._go(request)
        else:
            self._waiting = request
        return request.ticket

    def take(self, event: Generated) -> bool:
        """Take note of an answer, and send the request that waits for it; whether it was the answer to the newest
        request that was sent. Answers to requests of others are none."""
        if self._asked is None or event.ticket != self._asked.ticket:
            return False
        self.seconds = perf_counter() - self._sent_at
        self._asked = None
        if self._waiting is not None:
            request, self._waiting = self._waiting, None
            self._go(request)
        return True

    def _go(self, request: Generate) -> None:
        self._asked, self._sent_at = request, perf_counter()
        self._send(request)
