"""Request decoded images, with at most one request in flight."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import perf_counter

import numpy as np
from jaxtyping import Float32

from ...core.protocol import CodeSpace, Command, Generate, Generated, Weights

_tickets = itertools.count(1)


class GenerateRequests:
    """Sends `Generate` commands as fast as the trainer answers them.

    While a request is in flight, a newer one replaces the one that waits. So a user who holds a key down gets the
    images of the current position, not of every position on the way.

    Args:
        send: Sends a command to the session.
    """

    def __init__(self, send: Callable[[Command], None]) -> None:
        self._send = send
        self._asked: Generate | None = None
        self._waiting: Generate | None = None
        self._sent_at = 0.0
        self.seconds: float | None = None
        """Seconds from the last answered request to its answer; None before the first answer."""

    @property
    def is_waiting(self) -> bool:
        """Whether a request is unanswered."""
        return self._asked is not None

    def ask(
        self,
        codes: Float32[np.ndarray, "n latents"],
        classes: Float32[np.ndarray, "n classes"],
        weights: Weights = "ema",
        space: CodeSpace = "noise",
    ) -> int:
        """Request the images of codes. Return the answer's unique ticket.

        A request that a newer one replaces is never answered.

        Args:
            codes: The codes to decode, at most MAX_CODES.
            classes: The weights of the classes, for each code.
            weights: Averaged ("ema") or raw parameters.
            space: The space of the codes.
        """
        request = Generate(next(_tickets), codes, classes, weights, space)
        if self._asked is None:
            self._go(request)
        else:
            self._waiting = request
        return request.ticket

    def handle_answer(self, event: Generated) -> bool:
        """Handle an answer. Return whether it is for the request in flight.

        If it is, send the request that waits. Ignore answers to other senders' requests.
        """
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
