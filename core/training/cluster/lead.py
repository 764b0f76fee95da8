"""Lead a cluster: send the orders of process 0, and watch the followers."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

import jax

from ...errors import TrainingError, VaeTuiError
from .channel import BEAT_SECONDS, Channel, Report
from .membership import HEARTBEAT_SECONDS
from .orders import End, Order

WATCH_SECONDS = 0.5
"""Time between two looks at the reports of the followers."""

BLAME_SECONDS = HEARTBEAT_SECONDS + 10
"""How long after an error a dead follower may still be found to be its cause."""

STUCK_SECONDS = 15
"""How long after a follower's death the trainer may hang in a computation or a save before this process is ended."""

FAREWELL_SECONDS = 5
"""How long the followers have to read the last order."""


class Lead:
    """Process 0 of a cluster, once it has joined."""

    def __init__(self, run: str, ask_to_stop: Callable[[str], None]) -> None:
        """Start to watch the followers.

        Args:
            run: The run's directory, for messages.
            ask_to_stop: Called in a thread of its own when a follower was asked to stop, with a sentence that says so.
        """
        self._run = run
        self._ask_to_stop = ask_to_stop
        self._channel = Channel()
        self._failure = ""
        self._failed = threading.Event()
        self._ended = threading.Event()
        self._stops: set[int] = set()
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()
        threading.Thread(target=self._watch_hearts, name="heartbeats", daemon=True).start()

    def tell(self, order: Order) -> None:
        """Send an order to all followers.

        Raises:
            TrainingError: when a follower has failed or died.
        """
        self.check()
        self._channel.send(order)

    def check(self) -> None:
        """Raise TrainingError when a follower has failed or died."""
        if self._failure:
            raise TrainingError(self._failure)

    @property
    def is_whole(self) -> bool:
        """Whether no follower has failed or died."""
        return not self._failure

    def explain(self, error: Exception) -> Exception:
        """Return the error of a follower if it caused this one; wait until that is known. Else return this one."""
        if not isinstance(error, VaeTuiError):  # a computation or a barrier fails when a process is gone
            self._failed.wait(BLAME_SECONDS)
        return TrainingError(self._failure) if self._failure else error

    def end(self, failure: str = "") -> None:
        """End the followers, and wait until they have read it, at most FAREWELL_SECONDS.

        Args:
            failure: Why the run failed, or "".
        """
        self._ended.set()
        self._channel.send(End(failure))
        deadline = time.monotonic() + FAREWELL_SECONDS
        while len(self._channel.farewells()) < jax.process_count() - 1 and time.monotonic() < deadline:
            time.sleep(0.02)

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            for report in self._channel.reports():
                self._handle(report)

    def _handle(self, report: Report) -> None:
        who = f"process {report.process} on {report.host}"
        if report.is_failure:
            self._fail(f"{who} failed: {report.text}; its log is {self._run}/train-{report.process}.log")
        elif report.process not in self._stops:
            self._stops.add(report.process)
            self._ask_to_stop(f"{who} was asked to stop ({report.text}): the run stops with a checkpoint")

    def _watch_hearts(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            missing = self._channel.missing()
            if missing and not self._ended.is_set():
                names = " and ".join(f"process {process}" for process in missing)
                self._fail(
                    f"{names} of {jax.process_count()} ended unexpectedly; see {self._run}/train-{missing[0]}.log"
                )

    def _fail(self, text: str) -> None:
        if self._failure:
            return
        self._failure = text
        self._failed.set()
        if not self._ended.wait(STUCK_SECONDS):  # a collective operation may wait for the dead forever
            logging.getLogger("vae_tui").error("%s; what waits for it is abandoned", text)
            self.end(text)
            os._exit(1)
