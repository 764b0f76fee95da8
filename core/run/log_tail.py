"""Read and follow a growing event log, as every viewer of a run does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, BinaryIO

import msgspec
import numpy as np

from ..errors import RunError
from ..protocol import (
    EVENT_TYPES,
    LATEST,
    MAX_INTEGER,
    METRICS,
    Event,
    Metric,
    Metrics,
    Sampled,
    from_record,
    pack,
    type_name,
)
from .event_log import DamagedLines, decode_line, opened, parse_record, record_head
from .lines import end_of_lines, lines, rfind
from .rundir import events_path
from .sample_files import read_images

MERGED_STEPS = 10_000
"""Steps whose metrics are merged into one event, at most."""

_METRICS_HEAD, _SAMPLED_HEAD = record_head(type_name(Metrics)), record_head(type_name(Sampled))


def log_size(run_path: Path) -> int | None:
    """Return the size of a run's log in bytes, if readable.

    To be called in the thread that writes the log: only there does the log end in a complete line. A log that does not
    exist yet, or whose disk is gone, is no error here: it must not end the training.
    """
    try:
        return os.stat(events_path(run_path)).st_size
    except OSError:
        return None


def complete_size(run_path: Path) -> int:
    """Return the size of a log's complete lines in bytes; 0 without one."""
    try:
        with opened(events_path(run_path)) as file:
            return end_of_lines(file)
    except RunError:
        return 0


class LogTail:
    """Read each line of a run's log once, in bounded memory.

    The log may grow while it is read, and a writer may cut off the torn last line of a killed process: only complete
    lines are read, which never change.

    Args:
        run_path: The run's directory; its log need not be there yet.
        images: Whether to yield `Sampled` events, whose images are in other files.
    """

    def __init__(self, run_path: Path, *, images: bool = True) -> None:
        self.position = 0
        """Bytes of the log whose events have been yielded."""
        self._run_path = run_path
        self._path = events_path(run_path)
        self._images = images

    def read(self, end: int | None = None) -> Iterator[Event]:
        """Yield the events of the complete lines from `position` on.

        Args:
            end: The byte to stop at; None: the current end of the log.

        Metrics of consecutive steps are merged into one event. Of the `Sampled` events only the last one is yielded,
        with its images, unless its sample file is gone. Damaged lines are skipped, and so are types that this version
        does not know.

        Raises:
            RunError: when the log cannot be read, or is shorter than the part already read; after the last event, when
                lines were damaged. Nothing is read after a line that is longer than the allowed maximum.
        """
        damage = DamagedLines()
        with opened(self._path) as file:
            complete = end_of_lines(file)
            if complete < self.position:
                raise RunError(f"{self._path} was truncated: it is shorter than the part already read")
            waiting: _MetricsLine | None = None
            after = self.position
            for item, item_end in self._items(file, complete if end is None else min(end, complete), damage):
                if waiting is not None and isinstance(item, _MetricsLine) and waiting.can_append(item):
                    waiting.append(item)
                    after = item_end
                    continue
                if waiting is not None:
                    self.position = after
                    yield waiting.event()
                waiting = None
                match item:
                    case _MetricsLine():
                        waiting = item
                    case Event():
                        self.position = item_end
                        yield item
                after = item_end
            self.position = after
            if damage.error is not None:
                raise RunError(f"{damage.message(self._path, file)}; the rest is shown")

    def _items(
        self, file: BinaryIO, end: int, damage: DamagedLines
    ) -> Iterator[tuple[_MetricsLine | Event | None, int]]:
        """Yield the parsed lines up to `end`, each with its end, then None."""
        position = self.position
        newest = _last_sampled(file, position, end) if self._images else None
        try:
            for line in lines(file, position, end):
                start, position = position, position + len(line)
                try:
                    item = self._parse(line, with_images=start == newest)
                except ValueError as error:
                    damage.add(start, error)
                else:
                    if item is not None:
                        yield item, position
        except ValueError as error:
            damage.add(position, error)
        yield None, position

    def _parse(self, line: bytes, *, with_images: bool) -> _MetricsLine | Event | None:
        """Parse a line; None for one to skip. Raises ValueError when it is damaged."""
        if line.startswith(_METRICS_HEAD):
            metrics: _MetricsLine = decode_line(line, _METRICS_LINE)
            metrics.check()
            return metrics
        if line.startswith(_SAMPLED_HEAD) and not with_images:
            return None
        record = parse_record(line)
        name = record.get("type")
        if name == type_name(Sampled):
            return self._with_images(record)
        return from_record(record) if name in EVENT_TYPES else None

    def _with_images(self, record: dict[str, Any]) -> Event | None:
        """Return the event of a `Sampled` record, if its file is readable."""
        name = PurePosixPath(str(record.get("file"))).name
        try:
            images = read_images(self._run_path / "samples" / name)
        except (OSError, ValueError):  # the file was removed, or is damaged: nothing to show
            return None
        return from_record(record | {"images": pack(images)})


class _MetricsLine(msgspec.Struct):
    """A line of metrics; a long run's log consists almost entirely of them.

    The decoder's subclass adds a column for each metric.
    """

    time: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    step: Annotated[int, msgspec.Meta(le=MAX_INTEGER)]
    first_step: Annotated[int, msgspec.Meta(ge=1)]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]

    def columns(self) -> dict[Metric, list[float | None]]:
        """Return the values of each metric, one per step; null is None."""
        return {metric: getattr(self, metric) for metric in METRICS}

    def check(self) -> None:
        """Check the lengths of the columns. Raises ValueError."""
        steps = self.step - self.first_step + 1
        if steps < 1 or any(len(column) != steps for column in self.columns().values()):
            raise ValueError(f"its columns are not as long as from step {self.first_step} to {self.step}")

    def can_append(self, line: _MetricsLine) -> bool:
        """Return whether another line continues this one within MERGED_STEPS."""
        return line.first_step == self.step + 1 and line.step - self.first_step < MERGED_STEPS

    def append(self, line: _MetricsLine) -> None:
        """Append the steps of another line."""
        self.time, self.step = line.time, line.step
        self.seconds += line.seconds
        for metric, column in self.columns().items():
            column += getattr(line, metric)

    def event(self) -> Metrics:
        """Return the event; null becomes NaN."""
        with np.errstate(over="ignore"):  # values beyond the range of float32 become infinite
            return Metrics(
                time=self.time,
                step=self.step,
                first_step=self.first_step,
                seconds=self.seconds,
                **{metric: np.array(column, np.float32) for metric, column in self.columns().items()},
            )


_COLUMNS = [(metric, list[float | None]) for metric in METRICS]
_METRICS_LINE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    msgspec.defstruct("MetricsLine", _COLUMNS, bases=(_MetricsLine,))
)


def _last_sampled(file: BinaryIO, start: int, end: int) -> int:
    """Return where the last line of `Sampled` between two bytes begins.

    The result is `start` if that is the first line, or there is no such line.
    """
    found = rfind(file, b"\n" + _SAMPLED_HEAD, start, end)
    return start if found is None else found + 1
