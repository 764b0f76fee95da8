"""Export the metrics of a run to a CSV file, one row per step."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..files import output_file
from ..protocol import LOSS_METRICS, METRICS, Evaluated, Event, Metrics, Rewound
from .event_log import read_events

COLUMNS = ("step", *METRICS, *(f"validation_{name}" for name in LOSS_METRICS))
"""The header of the table. Losses are in nats per image."""


class _Return(NamedTuple):
    """A place where the run went back.

    Earlier events in the log, of step `first_step` or later, no longer hold.
    """

    event: int
    """The number of the event in the log, from 0."""
    first_step: int


class _Survey(NamedTuple):
    """Facts about a whole log that the first row needs."""

    length: int
    """Events in the log."""
    returns: deque[_Return]
    """By ascending event and ascending step, without those that a later one makes obsolete."""
    validation: dict[int, Evaluated]
    """The validation evaluations that hold, by step."""


def write_metrics_csv(events: Path, target: Path, warn: Callable[[str], None]) -> int:
    """Write the metrics of a run's event log to a CSV file.

    The file appears once it is complete (see `output_file`). Where a run went back and repeated steps, the newest
    metrics of a step hold. The log is streamed twice: memory grows only with the number of evaluations, not with that
    of steps.

    Args:
        events: The event log.
        target: The CSV file.
        warn: Called with a sentence about damaged lines of the log, which are skipped.

    Returns:
        The number of rows.

    Raises:
        RunError: when the log cannot be read.
        OSError: when the table cannot be written; an existing file at `target` is left unchanged then.
    """
    survey = _survey(events, warn)
    rows = 0
    with output_file(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in _rows(events, survey):
            writer.writerow(row)
            rows += 1
        text.detach()  # flushes; `output_file` closes the file
    return rows


def _survey(events: Path, warn: Callable[[str], None]) -> _Survey:
    returns: deque[_Return] = deque()
    validation: dict[int, Evaluated] = {}
    length = last_step = 0
    for index, event in enumerate(read_events(events, warn=warn)):
        first_step = _replaced_from(event)
        if first_step is not None:
            if first_step <= last_step:
                while returns and returns[-1].first_step >= first_step:
                    returns.pop()
                returns.append(_Return(index, first_step))
                validation = {step: found for step, found in validation.items() if step < first_step}
            last_step = event.step
        elif isinstance(event, Evaluated) and event.split == "validation":
            validation[event.step] = event
        length = index + 1
    return _Survey(length, returns, validation)


def _told_already(text: str) -> None:
    """Do nothing: `_survey` has warned."""


def _replaced_from(event: Event) -> int | None:
    """Return the first step whose earlier metrics an event makes obsolete, or None."""
    match event:
        case Metrics(first_step=first_step):
            return first_step
        case Rewound(step=step):
            return step + 1
    return None


def _rows(events: Path, survey: _Survey) -> Iterator[tuple[object, ...]]:
    nothing = ("",) * len(LOSS_METRICS)
    evaluations = {
        step: tuple(getattr(found, name) for name in LOSS_METRICS) for step, found in survey.validation.items()
    }
    returns = survey.returns.copy()
    for index, event in enumerate(
        islice(read_events(events, warn=_told_already), survey.length)
    ):  # the log may have grown since
        while returns and returns[0].event <= index:
            returns.popleft()
        if isinstance(event, Metrics):
            end = min(event.step + 1, returns[0].first_step) if returns else event.step + 1
            # As text, float32 values have no more digits than they need.
            columns = (getattr(event, name).astype(str).tolist() for name in METRICS)
            for step, *values in zip(range(event.first_step, end), *columns, strict=False):
                yield step, *values, *evaluations.get(step, nothing)
