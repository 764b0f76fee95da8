"""Word the log entries of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.protocol import (
    Alert,
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Evaluated,
    Event,
    Failed,
    KnobsChanged,
    ModelReady,
    NotFinite,
    Notice,
    ParamsSelected,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from .knobs import KNOB_NAMES, factor
from .text import count

ROUTINE_SECONDS = 2
"""Routine entries within this period replace one another, because short epochs end many times a second."""

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class LogLine:
    """An entry of the log.

    It replaces the earlier entry with the same non-empty `routine`.
    """

    time: float
    text: str
    level: Level = "info"
    routine: str = ""


def log_lines(event: Event) -> list[LogLine]:
    """Return the entries for an event; none for events that other panels show."""

    def line(text: str, level: Level = "info", routine: str = "") -> LogLine:
        return LogLine(event.time, text, level, f"{routine} {event.time // ROUTINE_SECONDS}" if routine else "")

    match event:
        case StateChanged(state=RunState.TRAINING | RunState.EVALUATING):
            return []
        case StateChanged(state=state, detail=detail):
            at = f" at step {count(event.step)}" if event.step else ""
            return [line(f"{state}{at}{f': {detail}' if detail else ''}")]
        case DataReady():
            sizes = f"{count(event.train_size)} training and {count(event.validation_size)} validation images"
            note = [line(event.note, "warning")] if event.note else []
            return [line(f"data: {event.name}, {sizes}"), *note]
        case ModelReady():
            frozen = f"{count(event.frozen_count)} of {count(event.parameter_count)} parameters are frozen"
            begins = f"compiled in {event.compile_seconds:.1f} s; training begins at step {count(event.step)}"
            return [line(begins), *([line(frozen)] if event.frozen_count else [])]
        case Evaluated():
            best = ", best" if event.best else ""
            routine = "" if event.split == "test" else "evaluated"
            split = "valid" if event.split == "validation" else event.split
            bound = f", IW bound {event.iw_bound:.2f}" if event.iw_bound is not None else ""
            return [line(f"{split} {event.loss:.2f}{best}{bound}", routine=routine)]
        case CheckpointStarted(requested=True):
            return [line(f"saving {count(event.step)}")]
        case Checkpointed():
            best = ", best" if event.best else ""
            return [line(f"saved {count(event.step)}{best}", routine="saved")]
        case ParamsSelected():
            return [line(f"drawing with the {source_name(event.source)} parameters")]
        case Sampled(requested=True, label=label) if label is not None:
            return [line(f"new digits: class {label}")]
        case KnobsChanged():
            return [line(_knobs(event))]
        case Rewound():
            return [line(f"back from step {count(event.from_step)} to step {count(event.step)}")]
        case NotFinite():
            return [line(f"{not_finite(event)}; that step was not taken", "warning")]
        case Alert():
            return [line(event.text, "warning")]
        case Notice():
            return [line(event.text, event.level)]
        case Failed():
            return [line(event.message, "error")]
    return []


METRIC_NAMES = {"kl": "KL", "grad_norm": "gradient norm", "learning_rate": "learning rate"}
"""The user-visible names of metrics whose field names differ."""


def not_finite(event: NotFinite) -> str:
    """Return which metrics were not finite, and at which step."""
    *names, last = (METRIC_NAMES.get(name, name) for name in event.metrics)
    return f"{', '.join(names)}{' and ' if names else ''}{last} not finite at step {count(event.step + 1)}"


def _knobs(event: KnobsChanged) -> str:
    scales = (
        (KNOB_NAMES["learning_rate_scale"], event.learning_rate_scale),
        (KNOB_NAMES["beta_scale"], event.beta_scale),
    )
    changed = [f"{name} {factor(scale)}" for name, scale in scales if scale != 1]
    return f"{', '.join(changed) or 'learning rate and beta as scheduled'} from step {count(event.step + 1)}"


def source_name(source: str) -> str:
    """Return the user-visible name of a set of parameters."""
    return "EMA" if source == "ema" else source
