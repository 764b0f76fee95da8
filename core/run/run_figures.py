"""Read the figures of a run, such as its best loss, from its log; of a log that has grown, only what was added."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec

from ..errors import RunError
from ..protocol import (
    LATEST,
    MAX_INTEGER,
    Ended,
    Evaluated,
    Event,
    Failed,
    Metrics,
    ModelReady,
    Rewound,
    StateChanged,
    from_record,
    type_name,
)
from .event_log import decode_line, opened, parse_record, record_head
from .lines import end_of_lines, lines
from .run_state import state_word
from .rundir import events_path

MAX_CURVE = 128
"""Points of a curve, at most; beyond, every two become the lower one, so that the lowest loss stays exact."""

_FOLDED: tuple[type[Event], ...] = (StateChanged, Ended, Failed, ModelReady, Rewound, Evaluated)
_HEADS = tuple(record_head(type_name(event_type)) for event_type in _FOLDED)
_METRICS_HEAD = record_head(type_name(Metrics))


class RunFigures(msgspec.Struct):
    """The figures of a run up to a byte of its log; losses are in nats per image, None where there is none."""

    position: int = 0
    """The bytes of the log that were read."""
    started: float | None = None
    """When the run started, in seconds since 1970."""
    changed: float | None = None
    """When the last event was logged, in seconds since 1970."""
    word: str = ""
    """The newest word about the run's state, see `state_word`."""
    is_final: bool = False
    step: int = 0
    seconds: float = 0.0
    """Seconds of training, with those of steps that a rewind discarded."""
    training_loss: float | None = None
    validation_loss: float | None = None
    """The last validation loss."""
    curve: list[tuple[int, float]] = []
    """Steps and validation losses, at most MAX_CURVE."""
    test_loss: float | None = None
    test_step: int = 0
    devices: int = 1
    """Number of devices that share each batch, in all processes."""
    processes: int = 1

    @property
    def best(self) -> tuple[int, float] | None:
        """The step and the value of the lowest validation loss, or None."""
        return min(self.curve, key=lambda point: point[1], default=None)


class _Head(msgspec.Struct):
    """The first fields of every line; decoding skips the others."""

    time: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    step: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]


class _Steps(_Head):
    """What a line of metrics says of its time and its losses; decoding skips the other columns."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    loss: Annotated[list[float | None], msgspec.Meta(min_length=1)]


_HEAD = msgspec.json.Decoder(_Head)
_STEPS = msgspec.json.Decoder(_Steps)


def read_figures(run: Path, known: RunFigures | None = None) -> RunFigures:
    """Read the figures of a run. Damaged lines are skipped.

    Args:
        run: The run's directory.
        known: Figures from an earlier reading of the same log, which are continued; None: read all of it.

    Raises:
        RunError: when the log cannot be read, or no line of it.
    """
    path = events_path(run)
    figures = RunFigures() if known is None else msgspec.structs.replace(known, curve=list(known.curve))
    with opened(path) as file:
        end = end_of_lines(file)
        if end < figures.position:  # another log
            return read_figures(run)
        _fold(file, end, figures)
    if figures.started is None and end:
        raise RunError(f"nothing in {path} can be read")
    return figures


def _fold(file: BinaryIO, end: int, figures: RunFigures) -> None:
    try:
        for line in lines(file, figures.position, end):
            figures.position += len(line)
            with contextlib.suppress(ValueError):
                figures.changed = _fold_line(line, figures)
                if figures.started is None:
                    figures.started = figures.changed
    except ValueError:  # a line that is too long: nothing is read after it
        figures.position = end


def _fold_line(line: bytes, figures: RunFigures) -> float:
    """Add a line to the figures. Return its time; raise ValueError, and change nothing, when it is damaged."""
    if line.startswith(_METRICS_HEAD):
        steps = decode_line(line, _STEPS)
        figures.step, figures.training_loss = steps.step, _finite(steps.loss[-1])
        figures.seconds += steps.seconds
        return steps.time
    if line.startswith(_HEADS):
        event = from_record(parse_record(line))
        _add(figures, event)
        return event.time
    return decode_line(line, _HEAD).time


def _add(figures: RunFigures, event: Event) -> None:
    if isinstance(event, ModelReady):
        figures.devices, figures.processes = event.devices, event.processes
    match event:
        case StateChanged() | Ended() | Failed():
            figures.word, figures.is_final = state_word(event)
        case ModelReady(step=step) | Rewound(step=step):
            figures.step, figures.training_loss = step, None
            figures.curve = [point for point in figures.curve if point[0] <= step]
            figures.validation_loss = figures.curve[-1][1] if figures.curve else None
            if figures.test_step > step:
                figures.test_loss, figures.test_step = None, 0
        case Evaluated(split="validation"):
            figures.validation_loss = _finite(event.loss)
            if math.isfinite(event.loss):
                figures.curve.append((event.step, event.loss))
            if len(figures.curve) > MAX_CURVE:
                pairs = zip(figures.curve[::2], figures.curve[1::2], strict=False)
                figures.curve = [*(min(pair, key=lambda point: point[1]) for pair in pairs), figures.curve[-1]]
        case Evaluated(split="test"):
            figures.test_loss, figures.test_step = _finite(event.loss), event.step


def _finite(value: float | None) -> float | None:
    """Return a number, or None for what JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None
