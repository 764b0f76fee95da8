"""Carry messages between the processes of a cluster, through the key-value store of JAX's coordination service."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from typing import Any

import jax
import msgspec
from jax.errors import JaxRuntimeError

from ...learning.processes import coordination_client
from .orders import End, Order, is_answered

WAIT_SECONDS = 60
"""Time of one wait for an order; while training is paused, a follower waits again and again."""

BEAT_SECONDS = 0.5
"""Time between two calls of `missing`."""

LOOK_SECONDS = 0.02
"""Time between two looks at who has left."""

_ORDERS = "vae-tui/order/"
_REPORTS = "vae-tui/report/"


class Report(msgspec.Struct):
    """What a follower reports to process 0."""

    process: int
    host: str
    text: str
    is_failure: bool
    """Whether the follower has failed; else it was asked to stop."""


class Channel:
    """Send orders from process 0 to all followers, and reports the other way.

    The methods may be called from several threads, but orders are sent and received in one.
    """

    def __init__(self) -> None:
        self._client: Any = coordination_client()
        self._numbers = itertools.count()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Order)
        self._beating: threading.Thread | None = None
        self._told: list[str] = []
        """The keys of the orders up to the last answered one."""
        self._pending: list[str] = []
        """The keys of the orders after it, which some follower may not have read."""

    def send(self, order: Order) -> None:
        """Send an order to every follower."""
        if is_answered(order):  # its forerunner was answered, so that everything up to that one has been read
            for key in self._told:
                self._client.key_value_delete(key)
        key = f"{_ORDERS}{next(self._numbers)}"
        self._client.key_value_set_bytes(key, self._encoder.encode(order))
        self._pending.append(key)
        if is_answered(order):
            self._told, self._pending = self._pending, []

    def receive(self) -> Order:
        """Wait for the next order, however long that takes.

        Raises:
            JaxRuntimeError: when process 0 is gone.
        """
        key = f"{_ORDERS}{next(self._numbers)}"
        while True:
            with contextlib.suppress(TimeoutError):
                return self._read(key, WAIT_SECONDS)

    def receive_end(self, seconds: float) -> End:
        """Skip orders until the last one.

        Raises:
            TimeoutError: when an order does not come within `seconds`.
        """
        while True:
            order = self._read(f"{_ORDERS}{next(self._numbers)}", seconds)
            if isinstance(order, End):
                return order

    def report(self, report: Report) -> None:
        """Report to process 0."""
        self._client.key_value_set_bytes(
            f"{_REPORTS}{report.process}/{'failed' if report.is_failure else 'stop'}",
            self._encoder.encode(report),
            allow_overwrite=True,
        )

    def reports(self) -> list[Report]:
        """Return all reports of the followers so far, failures first."""
        found = self._client.key_value_dir_get_bytes(_REPORTS)
        reports = [msgspec.msgpack.decode(content, type=Report) for _, content in found]
        return sorted(reports, key=lambda report: not report.is_failure)

    def missing(self) -> list[int]:
        """Return the processes that have left the cluster or died, according to JAX's heartbeats.

        All others must call this again and again: it waits until each has called it, or is known to be gone.
        """
        alive = self._client.get_live_nodes(list(range(jax.process_count())))
        return [process for process in range(jax.process_count()) if process not in alive]

    def beat(self) -> None:
        """Call `missing` again and again in a thread of its own, as process 0 needs it."""

        def work() -> None:
            with contextlib.suppress(JaxRuntimeError):  # this process has left, or JAX is about to end it
                while True:
                    self.missing()
                    time.sleep(BEAT_SECONDS)

        self._beating = threading.Thread(target=work, name="heartbeats", daemon=True)
        self._beating.start()

    def leave(self) -> None:
        """Disconnect from process 0, as a follower, before that process ends: JAX would end this one, too."""
        jax.distributed.shutdown()
        if self._beating is not None:
            self._beating.join()  # Python must not end while a thread is in JAX

    def wait_until_alone(self) -> None:
        """Wait until all other processes have left the cluster or died."""
        while len(self.missing()) < jax.process_count() - 1:
            time.sleep(LOOK_SECONDS)

    def _read(self, key: str, seconds: float) -> Order:
        try:
            return self._decoder.decode(self._client.blocking_key_value_get_bytes(key, round(seconds * 1000)))
        except JaxRuntimeError as error:
            if "DEADLINE_EXCEEDED" in str(error):
                raise TimeoutError(f"no order came within {seconds:.0f} s") from error
            raise
