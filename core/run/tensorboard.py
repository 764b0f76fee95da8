"""Write the events of a run to TensorBoard event files in a separate thread.

tensorboardX provides the file format. Its own SummaryWriter is not used: when a write fails, its thread ends silently,
and the next call blocks forever.
"""

from __future__ import annotations

import dataclasses
import math
import queue
import threading
import time as clock
from collections.abc import Callable, Iterator
from pathlib import Path

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event as Entry  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.proto.event_pb2 import SessionLog  # pyright: ignore[reportAttributeAccessIssue]
from tensorboardX.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

from ..errors import RunError, TrainingError
from ..protocol import METRICS, Evaluated, Event, KnobsChanged, Metrics, Rewound, Sampled, StateChanged
from .png import encode_png, image_grid

FLUSH_SECONDS = 5.0
"""Time between two flushes to the disk; TensorBoard reloads its files every 30 seconds."""

QUEUE_SIZE = 64
"""Events that may wait to be written. A trainer that outruns the disk blocks rather than fill the memory."""


class TensorBoardWriter:
    """Write metrics, evaluations and samples to a new event file in a folder.

    When a run goes back (after a resume, or to an earlier checkpoint), a restart entry makes TensorBoard drop the steps
    that are repeated, also those in the folder's older files.
    """

    def __init__(self, directory: Path) -> None:
        """Create an event file and start the thread. Raises RunError."""
        self._directory = directory
        self._queue: queue.Queue[Event | None] = queue.Queue(QUEUE_SIZE)
        self._error: Exception | None = None
        self._last_step = math.inf  # older files may have any step
        self._next_flush = 0.0
        try:
            directory.mkdir(exist_ok=True)
            # TensorBoard reads the files in the order of their names, which begin with the time in whole seconds.
            self._file = EventsWriter(str(directory / "events"), f".{clock.time_ns()}")
        except OSError as error:
            raise RunError(f"cannot write to {directory}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._work, name="tensorboard", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
        """Queue an event for writing.

        Raises:
            TrainingError: when an earlier event could not be written, for instance on a full disk.
        """
        self._raise_error()
        self._queue.put(event)

    def close(self) -> None:
        """Write the queued events, and close the file. Raises TrainingError as `record` does."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._raise_error()

    def _raise_error(self) -> None:
        error = self._error
        if error is not None:
            reason = (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
            raise TrainingError(
                f"cannot write to {self._directory}: {reason}; make room, then resume the run"
            ) from error

    def _work(self) -> None:
        for event in iter(self._queue.get, None):
            self._attempt(lambda event=event: self._write(event))
        self._attempt(self._file.close)

    def _attempt(self, action: Callable[[], object]) -> None:
        """Call a function unless an earlier call failed; store its error."""
        if self._error is None:
            try:
                action()
            except Exception as error:  # the boundary of the thread
                self._error = error

    def _write(self, event: Event) -> None:
        match event:
            case Metrics(first_step=first_step) if first_step <= self._last_step:
                self._file.write_event(restart(event, first_step))
            case Rewound(step=step):
                self._file.write_event(restart(event, step + 1))
        if isinstance(event, Metrics | Rewound):
            self._last_step = event.step
        for entry in tensorboard_entries(event):
            self._file.write_event(entry)
        # A change of state may begin a pause, in which there are no further events to flush after.
        if clock.monotonic() >= self._next_flush or isinstance(event, StateChanged):
            self._file.flush()
            self._next_flush = clock.monotonic() + FLUSH_SECONDS


def restart(event: Event, step: int) -> Entry:
    """Make the entry that makes TensorBoard drop `step` and all later steps."""
    return Entry(wall_time=event.time, step=step, session_log=SessionLog(status=SessionLog.START))


def tensorboard_entries(event: Event) -> Iterator[Entry]:
    """Yield the TensorBoard entries of an event.

    Their tags are train/loss, validation/loss, samples and the like.
    """
    match event:
        case Metrics():
            columns = [getattr(event, metric).tolist() for metric in METRICS]
            tags = [f"train/{metric}" for metric in METRICS]
            seconds = event.seconds / len(event.loss)
            for step, *row in zip(range(event.first_step, event.step + 1), *columns, strict=True):
                yield _entry(event.time - seconds * (event.step - step), step, dict(zip(tags, row, strict=True)))
        case Evaluated():
            yield _entry(event.time, event.step, _numbers(event, event.split))
        case KnobsChanged():
            yield _entry(event.time, event.step, _numbers(event, "knobs"))
        case Sampled():
            picture = image_grid(event.images)
            height, width, *channels = picture.shape
            colorspace = channels[0] if channels else 1
            content = encode_png(picture)
            image = Summary.Image(height=height, width=width, colorspace=colorspace, encoded_image_string=content)
            summary = Summary(value=[Summary.Value(tag="samples", image=image)])
            yield Entry(wall_time=event.time, step=event.step, summary=summary)


def _entry(time: float, step: int, scalars: dict[str, float]) -> Entry:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
    return Entry(wall_time=time, step=step, summary=Summary(value=values))


def _numbers(event: Event, group: str) -> dict[str, float]:
    """Return the numeric fields of an event, by tag."""
    names = [field.name for field in dataclasses.fields(event) if field.name not in ("step", "time")]
    values = {f"{group}/{name}": getattr(event, name) for name in names}
    return {tag: value for tag, value in values.items() if type(value) in (int, float)}
