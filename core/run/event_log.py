"""Read and write the event log of a run.

The log is `events.jsonl`, one JSON object per line, with the sample files beside it.

A line is complete when it ends in a newline. A process that was killed while writing leaves a torn last
line: reading ignores it, and the next writer cuts it off.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from ..errors import DiskFullError, RunError, TrainingError
from ..files import describe_shortage, is_disk_full, open_regular, write_whole
from ..protocol import EVENT_TYPES, Event, Sampled, from_record, to_record, type_name
from .lines import end_of_lines, line_number, lines, lines_backwards
from .rundir import RunDirectory, reserve_path
from .sample_files import encode_sampled

T = TypeVar("T")

_DECODER = msgspec.json.Decoder()
_LONGEST_COMPLAINT = 200  # it may quote the line

RESERVE = 1 << 20
"""Bytes of the file that gives its room to the last events before a pause or the end, once the disk is full."""


class RunLog:
    """Append events to a run's log.

    The operating system has each line when `record` returns. Once the disk is full, the log removes a file that
    reserves some room; `shortage` says so, and the run has to pause or to end.
    """

    def __init__(self, run: RunDirectory) -> None:
        """Open the log, and cut off a torn last line.

        Raises RunError when the log cannot be written.
        """
        self._run = run
        try:
            run.samples_path.mkdir(exist_ok=True)
            # Unbuffered: one write per line, so that readers see whole lines and errors surface at once.
            descriptor = open_regular(run.events_path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            self._file = os.fdopen(descriptor, "ab+", buffering=0)
            self._file.truncate(end_of_lines(self._file))
            self._reserve()
        except OSError as error:
            raise RunError(f"cannot write {error.filename or run.events_path}: {error.strerror}") from error

    def record(self, event: Event) -> None:
        """Append an event, if its type is logged.

        The images of a `Sampled` become a PNG file, which the line names.

        Raises:
            DiskFullError: when the disk is full and the reserved room is used up. No torn line is left.
            TrainingError: when the event cannot be written for another reason, for instance because another process
                writes to the run now.
        """
        if not event.is_logged:
            return
        self._run.keep_lock()
        try:
            try:
                self._write(event)
            except OSError as error:
                if not is_disk_full(error) or not self._has_reserve:
                    raise
                self._release_reserve()
                self._write(event)
        except OSError as error:
            if is_disk_full(error):
                raise DiskFullError(f"{self._describe_shortage()}; free some space, then resume the run") from error
            raise TrainingError(f"cannot write to the run directory {self._run.path}: {error.strerror}") from error

    @property
    def shortage(self) -> str:
        """A sentence about the missing room for more events, or ""; the room is reserved again where possible."""
        if self._has_reserve:
            return ""
        try:
            self._reserve()
        except OSError as error:  # the next event tells of any other error
            return self._describe_shortage() if is_disk_full(error) else ""
        return ""

    def close(self) -> None:
        """Close the log, and release the reserved room."""
        with contextlib.suppress(OSError):  # the disk is gone: there is nothing to release
            self._file.close()
            self._release_reserve()

    def _reserve(self) -> None:
        """Reserve room with a file of random bytes, which no file system compresses. Raises OSError."""
        write_whole(reserve_path(self._run.path), os.urandom(RESERVE))
        self._has_reserve = True

    def _release_reserve(self) -> None:
        """Remove the file that reserves room. Raises OSError."""
        reserve_path(self._run.path).unlink(missing_ok=True)
        self._has_reserve = False

    def _describe_shortage(self) -> str:
        return describe_shortage(self._run.path, "the event log", RESERVE)

    def _write(self, event: Event) -> None:
        """Write an event's line, and its sample file if it has one. Raises OSError."""
        record = to_record(event)
        if isinstance(event, Sampled):
            del record["images"]
            record["file"] = self._save_picture(event)
        line = json.dumps(record, separators=(",", ":"), allow_nan=False, ensure_ascii=False) + "\n"
        self._append(line.encode(errors="replace"))  # a file name need not be valid text

    def _append(self, line: bytes) -> None:
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(line):  # a write may be partial, for instance on a disk that fills up
                written += self._file.write(line[written:]) or 0
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to report
                self._file.truncate(start)
            raise

    def _save_picture(self, event: Sampled) -> str:
        """Write a sample file under a new name. Returns its relative path."""
        path = _new_picture(self._run.samples_path, f"step-{event.step:08d}")
        try:
            with open(open_regular(path, os.O_WRONLY), "wb") as file:
                file.write(encode_sampled(event))
        except OSError:
            path.unlink()
            raise
        return f"{self._run.samples_path.name}/{path.name}"


class DamagedLines:
    """The damaged lines of a log that is only read; the rest is used."""

    def __init__(self) -> None:
        self.error: ValueError | None = None
        """What is wrong with the first one; None when there is none."""
        self._start = 0
        self._count = 0

    def add(self, start: int, error: ValueError) -> None:
        """Add a line that begins at the byte `start`."""
        if self.error is None:
            self.error, self._start = error, start
        self._count += 1

    def message(self, path: Path, file: BinaryIO) -> str:
        """Return a sentence about the lines of a log, which is open as `file`."""
        others = f", as are {self._count - 1} more" if self._count > 2 else ", as is another one"
        place = f"line {line_number(file, self._start)} of {path} is damaged{others if self._count > 1 else ''}"
        return f"{place}: {str(self.error)[:_LONGEST_COMPLAINT]}"


def read_events(
    path: Path, types: Collection[type[Event]] = (), *, warn: Callable[[str], None] | None = None
) -> Iterator[Event]:
    """Yield the events of a log, oldest first, without `Sampled`; none when there is no log.

    The images of a `Sampled` are in other files. A torn last line is ignored.

    Args:
        path: The log.
        types: The types to yield (all, if empty). Types that this version does not know are skipped.
        warn: Called at the end with a sentence about the damaged lines, which are skipped; None: they are errors.

    Raises:
        RunError: when the log cannot be read, or without `warn` when a complete line is damaged.
    """
    wanted = {type_name(event_type) for event_type in types} or EVENT_TYPES.keys() - {type_name(Sampled)}
    heads = tuple(record_head(name) for name in wanted) if types else b""
    skipped = DamagedLines()
    with opened(path) as file:
        position = 0
        try:
            for line in lines(file, 0, end_of_lines(file)):
                start, position = position, position + len(line)
                if not line.startswith(heads):
                    continue
                try:
                    record = parse_record(line)
                    event = from_record(record) if record["type"] in wanted else None
                except ValueError as error:
                    if warn is None:
                        raise _damaged(path, error, line_number(file, start)) from error
                    skipped.add(start, error)
                else:
                    if event is not None:
                        yield event
        except ValueError as error:  # a line that is too long
            if warn is None:
                raise _damaged(path, error, line_number(file, position)) from error
            skipped.add(position, error)
        if warn is not None and skipped.error is not None:
            warn(f"{skipped.message(path, file)}; the rest is used")


def read_events_backwards(path: Path, types: Collection[type[Event]]) -> Iterator[Event]:
    """Yield the events of some types, newest first.

    The file is read only as far as the caller iterates. Damaged lines are skipped; nothing is read before a line that
    is longer than the allowed maximum.

    Raises:
        RunError: when the log cannot be read.
    """
    heads = tuple(record_head(type_name(event_type)) for event_type in types)
    with opened(path) as file, contextlib.suppress(ValueError):
        for line in lines_backwards(file, end_of_lines(file)):
            if line.startswith(heads):
                with contextlib.suppress(ValueError):
                    yield from_record(parse_record(line))


def parse_record(line: bytes) -> dict[str, Any]:
    """Parse a line into a record. Raises ValueError if it is none."""
    record = decode_line(line, _DECODER)
    if not isinstance(record, dict):
        raise ValueError("it is not a JSON object")
    if not isinstance(record.get("type"), str):
        raise ValueError("it has no type")
    return record


def decode_line(line: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a line. Raises ValueError when the line is damaged."""
    try:
        return decoder.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _damaged(path: Path, error: ValueError, number: int) -> RunError:
    """Make the error for a damaged line of a log; `number` counts from 1."""
    return RunError(
        f"line {number} of {path} is damaged: {str(error)[:_LONGEST_COMPLAINT]}; remove that line to use the rest"
    )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a log for reading; a missing one is an empty file.

    Raises:
        RunError: when the log cannot be read.
    """
    try:
        with _existing(path) as file:
            yield file
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error


def _existing(path: Path) -> BinaryIO:
    try:
        return open(open_regular(path), "rb")
    except FileNotFoundError:
        return io.BytesIO()


def record_head(name: str) -> bytes:
    """Return the bytes with which the line of a record of this type begins."""
    return f'{{"type":"{name}",'.encode()


def _new_picture(folder: Path, stem: str) -> Path:
    """Create an empty PNG file under an unused name (-2, -3, ...)."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.png"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path
