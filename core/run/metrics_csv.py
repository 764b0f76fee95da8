"""The metrics of a run as a table: one row a step, in a CSV file."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

from ..files import whole_file
from ..protocol import Evaluated, Event, Metric, Metrics, Rewound
from .event_log import read_events

_METRICS = get_args(Metric)
_EVALUATION = ("loss", "reconstruction", "kl")

COLUMNS = ("step", *_METRICS, *(f"validation_{name}" for name in _EVALUATION))
"""The header of the table. Losses are in nats per image."""


class _Return(NamedTuple):
    """The run went back: what the log has before this event of step `first_step` or later no longer holds."""

    event: int
    """Its number in the log, from 0."""
    first_step: int


class _Survey(NamedTuple):
    """What must be known of a whole log before its first row can be written."""

    length: int
    """Events in the log."""
    returns: deque[_Return]
    """By ascending event and ascending step: only those that no later one goes back behind."""
    validation: dict[int, Evaluated]
    """By step."""


def write_metrics_csv(events: Path, target: Path) -> int:
    """Write the metrics in a run's event log as a table; the file appears when it is whole.

    Where a run went back and took steps anew, the newest metrics of a step hold. The log is read twice and never
    kept: the memory needed does not grow with the number of steps, only with that of evaluations.

    Returns:
        The number of rows.

    Raises:
        RunError: when the log cannot be read.
        OSError: when the table cannot be written; what was at `target` before is untouched.
    """
    survey = _survey(events)
    rows = 0
    with whole_file(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in _rows(events, survey):
            writer.writerow(row)
            rows += 1
        text.detach()  # flushes; the file itself is closed by who opened it
    return rows


def _survey(events: Path) -> _Survey:
    returns: deque[_Return] = deque()
    validation: dict[int, Evaluated] = {}
    length = last_step = 0
    for index, event in enumerate(read_events(events)):
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


def _replaced_from(event: Event) -> int | None:
    """The first step of which an event says that all that was known from there on no longer holds."""
    match event:
        case Metrics(first_step=first_step):
            return first_step
        case Rewound(step=step):
            return step + 1
    return None


def _rows(events: Path, survey: _Survey) -> Iterator[tuple[object, ...]]:
    nothing = ("",) * len(_EVALUATION)
    evaluations = {
        step: tuple(getattr(found, name) for name in _EVALUATION) for step, found in survey.validation.items()
    }
    returns = survey.returns.copy()
    for index, event in enumerate(islice(read_events(events), survey.length)):  # a run may be writing more
        while returns and returns[0].event <= index:
            returns.popleft()
        if isinstance(event, Metrics):
            end = min(event.step + 1, returns[0].first_step) if returns else event.step + 1
            # As text, float32 values have no more digits than they need.
            columns = (getattr(event, name).astype(str).tolist() for name in _METRICS)
            for step, *values in zip(range(event.first_step, end), *columns, strict=False):
                yield step, *values, *evaluations.get(step, nothing)
