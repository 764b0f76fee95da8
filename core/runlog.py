"""The event log of a run: `events.jsonl`, one JSON object a line, and the sampled pictures beside it.

A line is complete when it ends in a newline. A process that was killed while writing leaves a torn last
line: reading ignores it, and the next writer cuts it off.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .errors import RunError, TrainingError
from .events import Event, KnobsChanged, Rewound, Sampled
from .pictures import encode_sampled
from .records import EVENT_TYPES, from_record, to_record, type_name
from .rundir import RunDirectory

_BLOCK = 1 << 16


class RunLog:
    """Appends events to a run's log. Each line is on its way to the disk when `record` returns."""

    def __init__(self, run: RunDirectory) -> None:
        """Open the log. Raises RunError when it cannot be written."""
        self._run = run
        try:
            run.samples_path.mkdir(exist_ok=True)
            # Unbuffered: one write a line, so that readers see whole lines and errors come at once.
            self._file = open(run.events_path, "ab+", buffering=0)  # noqa: SIM115 (closed by `close`)
            self._file.truncate(_end_of_lines(self._file))
        except OSError as error:
            raise RunError(f"cannot write {error.filename or run.events_path}: {error.strerror}") from error

    def record(self, event: Event) -> None:
        """Append an event, if it is to be logged. Of `Sampled`, the images become a PNG file, which the line names.

        Raises:
            TrainingError: when it cannot be written, for instance on a full disk. No torn line is left.
        """
        if not event.is_logged:
            return
        record = to_record(event)
        try:
            if isinstance(event, Sampled):
                del record["images"]
                record["file"] = self._save_picture(event)
            line = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
            self._append(line.encode())
        except OSError as error:
            raise TrainingError(
                f"cannot write to the run directory {self._run.path}: {error.strerror}; make room, then resume the run"
            ) from error

    def close(self) -> None:
        """Close the log."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(line):  # a write may be cut short, by a disk that fills up for one
                written += self._file.write(line[written:]) or 0
        except OSError:
            with contextlib.suppress(OSError):  # the first error is the one to report
                self._file.truncate(start)
            raise

    def _save_picture(self, event: Sampled) -> str:
        """Write a picture under a new name. Returns the name relative to the run."""
        stem = f"step-{event.step:08d}"
        taken = {path.name for path in self._run.samples_path.glob(f"{stem}*.png")}
        names = (f"{stem}{suffix}.png" for suffix in _suffixes())
        name = next(name for name in names if name not in taken)
        path = self._run.samples_path / name
        try:
            path.write_bytes(encode_sampled(event))
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return f"{self._run.samples_path.name}/{name}"


def read_records(path: Path, types: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """The records of a log, oldest first; none when there is no log yet. A torn last line is ignored.

    Args:
        path: The log.
        types: The types that are wanted (all, if empty); lines that begin with another are not even parsed.

    Raises:
        RunError: when it cannot be read, or a complete line is not a JSON object.
    """
    heads = tuple(f'{{"type":"{name}",'.encode() for name in types) or b""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n") and line.startswith(heads):
                    yield _parse(line, f"line {number} of {path}")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error


def read_knob_changes(path: Path) -> list[KnobsChanged]:
    """The knob changes that hold, by ascending step: those after a step that the run went back to are left out.

    Raises:
        RunError: as `read_events`.
    """
    changes: list[KnobsChanged] = []
    for event in read_events(path, (KnobsChanged, Rewound)):
        match event:
            case KnobsChanged():
                changes.append(event)
            case Rewound(step=step):
                changes = [change for change in changes if change.step <= step]
    return changes


def read_records_backwards(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a log, newest first, reading no more of the file than is asked for.

    Raises:
        RunError: as `read_records`.
    """
    try:
        with open(path, "rb") as file:
            for line in _lines_backwards(file, _end_of_lines(file)):
                yield _parse(line, f"a line of {path}")
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error


def read_events(path: Path, types: Collection[type[Event]] = ()) -> Iterator[Event]:
    """The events of a log, oldest first, without the sampled ones, whose images are not in it.

    Args:
        path: The log.
        types: Those that are wanted (all, if empty). Types that this version does not know are left out.

    Raises:
        RunError: as `read_records`, and when a record is not what its type says.
    """
    wanted = {type_name(event_type) for event_type in types} or EVENT_TYPES.keys() - {type_name(Sampled)}
    for record in read_records(path, wanted if types else ()):
        if record.get("type") in wanted:
            try:
                event = from_record(record)
            except ValueError as error:
                raise RunError(f"{path} is damaged: {error}") from error
            yield event


def _parse(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise RunError(f"{place} is not valid JSON: {error}; remove that line to use the rest") from error
    if not isinstance(record, dict):
        raise RunError(f"{place} is not a JSON object; remove that line to use the rest")
    return record


def _suffixes() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _end_of_lines(file: BinaryIO) -> int:
    """Where the last complete line ends."""
    position = file.seek(0, os.SEEK_END)
    while position > 0:
        start = max(0, position - _BLOCK)
        file.seek(start)
        newline = file.read(position - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0


def _lines_backwards(file: BinaryIO, end: int) -> Iterator[bytes]:
    """The lines of a file before `end`, where a line ends, from the last to the first."""
    rest = b""
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        first, *lines = (file.read(end - start) + rest).split(b"\n")
        yield from (line for line in reversed(lines) if line)
        rest, end = first, start
    if rest:
        yield rest
