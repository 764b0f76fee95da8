"""Pass the events of a run to all that record or show them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..history import AlertDetector
from ..protocol import Event, Notice
from ..run import RunDirectory
from .system_monitor import SystemMonitor


class StopError(Exception):
    """A Stop command arrived while the run was being prepared."""


class Emitter:
    """Pass events to the sinks, each followed by its alerts and perhaps by a measurement of the system.

    A run is prepared in a separate thread. Once the preparation is abandoned, its events reach no sink.

    Args:
        run: The run's directory.
        sinks: Called with each event, in this order.
    """

    def __init__(self, run: RunDirectory, sinks: Sequence[Callable[[Event], None]]) -> None:
        self.sinks = list(sinks)
        self.step = 0
        """The step of the last event."""
        self._alert_detector = AlertDetector(run.config)
        self._system_monitor = SystemMonitor(run.path)
        self._lock = threading.RLock()
        self._is_shut = False

    def __call__(self, event: Event) -> None:
        """Pass an event on.

        Raises:
            StopError: after `shut`.
        """
        with self._lock:
            if self._is_shut:
                raise StopError
            self.step = event.step
            for sink in self.sinks:
                sink(event)
            for alert in self._alert_detector.handle_event(event):
                self(alert)
            measured = self._system_monitor.handle_event(event)
            if measured is not None:
                self(measured)

    def warn(self, text: str) -> None:
        """Emit a warning, in any thread."""
        self(Notice(step=self.step, level="warning", text=text))

    def shut(self) -> None:
        """Pass no further event on: whoever emits one gets a StopError."""
        with self._lock:
            self._is_shut = True
