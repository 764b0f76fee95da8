"""Lead a cluster: send the orders of process 0, and watch the followers."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable

import jax
from jax.errors import JaxRuntimeError

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

LEAVE_SECONDS = 5
"""How long the followers have to read the last order and leave."""


class Lead:
    """Process 0 of a cluster, once it has joined."""

    def __init__(self, run: str, ask_to_stop: Callable[[str], None], record_failure: Callable[[str], None]) -> None:
        """Start to watch the followers.

        Args:
            run: The run's directory, for messages.
            ask_to_stop: Called in a thread of its own when a follower was asked to stop, with a sentence that says so.
            record_failure: Called in a thread of its own with the reason, just before this process is ended because
                the trainer hangs.
        """
        self._run = run
        self._ask_to_stop = ask_to_stop
        self._record_failure = record_failure
        self._channel = Channel()
        self._lock = threading.Lock()
        self._failure = ""
        self._failed = threading.Event()
        self._ended = threading.Event()
        self._stops: set[int] = set()
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()
        self._hearts = threading.Thread(target=self._watch_hearts, name="heartbeats", daemon=True)
        self._hearts.start()

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
        """End the followers, and wait until they have left, at most LEAVE_SECONDS.

        Process 0 has the service of the cluster: who is connected to it when it ends is ended by JAX.

        Args:
            failure: Why the run failed, or "".
        """
        self._ended.set()
        self._channel.send(End(failure))
        self._hearts.join(LEAVE_SECONDS)

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            self._read_reports()

    def _read_reports(self) -> None:
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
            if missing and not self._ended.is_set() and not self._failure:
                self._read_reports()  # who has failed says why before it leaves
                names = " and ".join(f"process {process}" for process in missing)
                self._fail(
                    f"{names} of {jax.process_count()} ended unexpectedly; see {self._run}/train-{missing[0]}.log"
                )
        with contextlib.suppress(JaxRuntimeError):  # the others took too long, and this process ends
            self._channel.wait_until_alone()

    def _fail(self, text: str) -> None:
        with self._lock:  # two threads may find the same failure
            if self._failure:
                return
            self._failure = text
        self._failed.set()
        threading.Thread(target=self._end_if_stuck, args=(text,), name="failure", daemon=True).start()

    def _end_if_stuck(self, text: str) -> None:
        if not self._ended.wait(STUCK_SECONDS):  # a collective operation may wait for the dead forever
            logging.getLogger("vae_tui").error("%s; what waits for it is abandoned", text)
            self.end(text)
            self._record_failure(text)
            os._exit(1)
