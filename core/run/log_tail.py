"""Reading a run's log from where one was, while it grows: how every viewer learns a run's past and follows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, BinaryIO

import msgspec
import numpy as np

from ..errors import RunError
from ..protocol import EVENT_TYPES, LATEST, MAX_INTEGER, Event, Metrics, Sampled, from_record, pack, type_name
from .event_log import damaged, decode, opened, parse_record, record_head
from .lines import end_of_lines, line_number, lines, rfind
from .rundir import events_path
from .sample_files import read_images

MERGED_STEPS = 10_000
"""Steps whose metrics are handed over as one event, at most."""

_METRICS_HEAD, _SAMPLED_HEAD = record_head(type_name(Metrics)), record_head(type_name(Sampled))


def log_size(run_path: Path) -> int | None:
    """Return the bytes of a run's log, which has whole lines only while its one writer is the calling thread.

    None when it cannot be looked at: a new run has not begun it, or it or its disk is gone, which must not end the
    training.
    """
    try:
        return os.stat(events_path(run_path)).st_size
    except OSError:
        return None


def complete_size(run_path: Path) -> int:
    """Return the bytes of the complete lines of a run's log; 0 where there is none, or it cannot be read."""
    try:
        with opened(events_path(run_path)) as file:
            return end_of_lines(file)
    except RunError:
        return 0


class LogTail:
    """Reads a run's log, each line once, in memory that does not depend on its length.

    The log may grow meanwhile, and the torn last line of a killed process may be cut off: only complete lines count,
    which nobody changes any more.

    Args:
        run_path: The run's directory; its log need not be there yet.
    """

    def __init__(self, run_path: Path) -> None:
        self.position = 0
        """Bytes of the log that are done with: what they tell has been handed over."""
        self._run_path = run_path
        self._path = events_path(run_path)

    def read(self, end: int | None = None) -> Iterator[Event]:
        """The events of the complete lines from `position` to the byte `end` (None: to the present end), in order.

        Metrics of consecutive steps come as one event. Of the sampled digits only the last ones come, with their
        images, and not even those if their picture is gone. Types that this version does not know are left out, and so
        are damaged lines.

        Raises:
            RunError: when the log cannot be read, or is shorter than what was read of it; after the last event, when
                lines were damaged. A line that is longer than one can be ends the log: nothing is read behind it.
        """
        damage = _Damage()
        with opened(self._path) as file:
            complete = end_of_lines(file)
            if complete < self.position:
                raise RunError(f"{self._path} is not the log that it was: it is shorter than what was read of it")
            waiting: _MetricsLine | None = None
            after = self.position
            for item, item_end in self._items(file, complete if end is None else min(end, complete), damage):
                if waiting is not None and isinstance(item, _MetricsLine) and waiting.can_take(item):
                    waiting.take(item)
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
                number = line_number(file, damage.start)
                raise damaged(self._path, damage.error, number, more=damage.lines - 1)

    def _items(self, file: BinaryIO, end: int, damage: _Damage) -> Iterator[tuple[_MetricsLine | Event | None, int]]:
        """What the lines up to `end` say, each with where it ends; at last None."""
        position = self.position
        newest = _last_sampled(file, position, end)
        try:
            for line in lines(file, position, end):
                start, position = position, position + len(line)
                try:
                    item = self._parse(line, with_images=start == newest)
                except ValueError as error:
                    damage.note(start, error)
                else:
                    if item is not None:
                        yield item, position
        except ValueError as error:
            damage.note(position, error)
        yield None, position

    def _parse(self, line: bytes, *, with_images: bool) -> _MetricsLine | Event | None:
        """What a line says; None when it is to be left out. Raises ValueError when it is damaged."""
        if line.startswith(_METRICS_HEAD):
            metrics = decode(line, _METRICS_LINE)
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
        """The digits of a record with the images of the picture that it names; None when it cannot be read."""
        name = PurePosixPath(str(record.get("file"))).name
        try:
            images = read_images(self._run_path / "samples" / name)
        except (OSError, ValueError):  # it was removed, or damaged: nothing to show
            return None
        return from_record(record | {"images": pack(images)})


class _Damage:
    """What is wrong with the first of the lines that are damaged, where it begins, and how many there are."""

    def __init__(self) -> None:
        self.error: ValueError | None = None
        self.start = 0
        self.lines = 0

    def note(self, start: int, error: ValueError) -> None:
        """Take a damaged line in."""
        if self.error is None:
            self.error, self.start = error, start
        self.lines += 1


class _MetricsLine(msgspec.Struct):
    """A line of metrics as it is written; nearly all of a long run's log are such lines."""

    time: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    step: Annotated[int, msgspec.Meta(le=MAX_INTEGER)]
    first_step: Annotated[int, msgspec.Meta(ge=1)]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    loss: list[float | None]
    reconstruction: list[float | None]
    kl: list[float | None]
    grad_norm: list[float | None]
    learning_rate: list[float | None]

    def check(self) -> None:
        """Check the lengths of the columns. Raises ValueError."""
        steps = self.step - self.first_step + 1
        lengths = len(self.loss), len(self.reconstruction), len(self.kl), len(self.grad_norm), len(self.learning_rate)
        if steps < 1 or lengths != (steps,) * 5:
            raise ValueError(f"its columns are not as long as from step {self.first_step} to {self.step}")

    def can_take(self, line: _MetricsLine) -> bool:
        """Whether another line goes on where this one ends, and is not too much."""
        return line.first_step == self.step + 1 and line.step - self.first_step < MERGED_STEPS

    def take(self, line: _MetricsLine) -> None:
        """Go on with the steps of another line."""
        self.time, self.step = line.time, line.step
        self.seconds += line.seconds
        self.loss += line.loss
        self.reconstruction += line.reconstruction
        self.kl += line.kl
        self.grad_norm += line.grad_norm
        self.learning_rate += line.learning_rate

    def event(self) -> Metrics:
        """The event; null is NaN."""
        with np.errstate(over="ignore"):  # what no float32 can hold counts as infinite
            return Metrics(
                time=self.time,
                step=self.step,
                first_step=self.first_step,
                seconds=self.seconds,
                loss=np.array(self.loss, np.float32),
                reconstruction=np.array(self.reconstruction, np.float32),
                kl=np.array(self.kl, np.float32),
                grad_norm=np.array(self.grad_norm, np.float32),
                learning_rate=np.array(self.learning_rate, np.float32),
            )


_METRICS_LINE = msgspec.json.Decoder(_MetricsLine)


def _last_sampled(file: BinaryIO, start: int, end: int) -> int:
    """Where the last line of sampled digits from the byte `start` to the byte `end` begins; `start` if it is the first
    line, or there is none."""
    found = rfind(file, b"\n" + _SAMPLED_HEAD, start, end)
    return start if found is None else found + 1
