"""Word the log entries of events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from ...core.config import SplitName
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
from ...core.text import count
from .knobs import KNOB_NAMES, factor

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class LogLine:
    """An entry of the log."""

    time: float
    text: str
    level: Level = "info"
    routine: Literal["", "evaluation", "checkpoint"] = ""
    """The kind of an entry that recurs throughout a run; the log leaves most of them out."""
    shorter: tuple[str, ...] = ()
    """What a narrow panel shows instead of a text that it would have to cut, longest first; the last may be cut."""


def log_lines(event: Event) -> list[LogLine]:
    """Return the entries for an event; none for events that other panels show."""

    line = partial(LogLine, event.time)

    match event:
        case StateChanged(state=RunState.TRAINING | RunState.EVALUATING):
            return []
        case StateChanged(state=state, detail=detail):
            at = f" at step {count(event.step)}" if event.step else ""
            return [line(f"{state}{at}{f': {detail}' if detail else ''}")]
        case DataReady():
            sizes = f"{count(event.train_size)} training and {count(event.validation_size)} validation images"
            note = [line(event.note, "warning")] if event.note else []
            return [line(f"data: {event.name}, {sizes}", shorter=(f"data: {event.name}",)), *note]
        case ModelReady():
            frozen = f"{count(event.frozen_count)} of {count(event.parameter_count)} parameters are frozen"
            begins = f"resumes at step {count(event.step)}, from its checkpoint" if event.step else "begins"
            seconds = f"compiled in {event.compile_seconds:.1f} s"
            at = f"resumes at step {count(event.step)}" if event.step else seconds
            compiled = line(f"{seconds}; training {begins}", shorter=(at,))
            return [compiled, *([line(frozen)] if event.frozen_count else [])]
        case Evaluated():
            best = ", best" if event.best else ""
            bound = f", IW bound {event.iw_bound:.2f} nats" if event.iw_bound is not None else ""
            params = f", parameters of step {count(event.params_step)}" if event.params_step is not None else ""
            text = f"step {count(event.step)}: {event.split} loss {event.loss:.2f} nats{best}{params}{bound}"
            loss = f"{count(event.step)}: {_SHORT_SPLITS[event.split]} {event.loss:.2f}"
            return [
                line(text, routine="evaluation" if event.split == "validation" else "", shorter=(loss + best, loss))
            ]
        case CheckpointStarted(requested=True):
            return [line(f"saving checkpoint {count(event.step)}")]
        case Checkpointed():
            best = ", best" if event.best else ""
            checkpoint = f"checkpoint {count(event.step)}"
            return [line(f"saved {checkpoint}{best}", routine="checkpoint", shorter=(checkpoint + best, checkpoint))]
        case ParamsSelected():
            return [line(f"drawing with the {source_name(event.source)} parameters")]
        case Sampled(requested=True, label=label) if label is not None:
            return [line(f"new samples of class {label}")]
        case KnobsChanged():
            return [line(_knobs(event))]
        case Rewound():
            back = f"to step {count(event.step)}"
            return [line(f"went back from step {count(event.from_step)} {back}", shorter=(f"went back {back}",))]
        case NotFinite():
            shorter = (f"not finite: step {count(event.step + 1)}",)
            return [line(f"{not_finite(event)}; that step was not taken", "warning", shorter=shorter)]
        case Alert():
            return [line(f"step {count(event.step)}: {event.text}", "warning")]
        case Notice():
            return [line(event.text, event.level)]
        case Failed():
            return [line(event.message, "error")]
    return []


_SHORT_SPLITS: dict[SplitName, str] = {"validation": "valid", "test": "test"}

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
