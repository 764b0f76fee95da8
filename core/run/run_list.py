"""What can be said of the runs in a folder without opening a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError
from ..protocol import Ended, Evaluated, Event, Failed, Metrics, ModelReady, Rewound, RunState, StateChanged
from .event_log import read_events, read_events_backwards
from .heartbeat import SILENT_SECONDS, age
from .rundir import RUNS, events_path, is_locked, is_run, read_config

NOT_RESPONDING = "not responding"
"""The state of a live run whose heart does not beat: its process is stuck, or suspended."""

_Word = StateChanged | Ended | Failed
_TELLING: tuple[type[Event], ...] = (StateChanged, Ended, Failed, ModelReady, Metrics, Rewound, Evaluated)


@dataclass(frozen=True)
class ListedRun:
    """One run in a list of runs."""

    path: Path
    dataset: str
    arch: str
    is_live: bool
    """Whether a process trains it, or waits for viewers to leave."""
    state: str
    """Of a live run what it is doing (a `RunState`), or NOT_RESPONDING; of others finished, stopped, failed, or crashed
    (ended without a word); unknown where its files are damaged."""
    step: int
    training_loss: float | None
    """That of the last step, in nats per image; None before there is one."""
    validation_loss: float | None
    """The last one, in nats per image; None before there is one."""
    started: float | None
    """Seconds since 1970; None where nothing has happened yet."""


def list_runs(base: Path = RUNS) -> list[ListedRun]:
    """The runs in a folder, the latest last; none when there is no such folder."""
    return _sorted([_summarize(path, is_live=is_locked(path)) for path in _runs_in(base)])


def live_runs(base: Path = RUNS) -> list[ListedRun]:
    """The runs in a folder that a process holds now, the latest last."""
    return _sorted([_summarize(path, is_live=True) for path in _runs_in(base) if is_locked(path)])


def last_word(run: Path) -> StateChanged | Ended | Failed | None:
    """What a run has said last of its own state, by its log; None when it has not begun.

    Raises:
        RunError: when the log cannot be read, or is damaged.
    """
    return next(read_events_backwards(events_path(run), (StateChanged, Ended, Failed)), None)  # type: ignore[return-value]


def _runs_in(base: Path) -> list[Path]:
    return sorted(path for path in base.glob("*") if is_run(path))


def _sorted(summaries: list[ListedRun]) -> list[ListedRun]:
    return sorted(summaries, key=lambda summary: summary.started or 0)


def _summarize(path: Path, *, is_live: bool) -> ListedRun:
    try:
        config = read_config(path)
        first = next(read_events(events_path(path)), None)
        said, step, training_loss, validation_loss = _progress(path)
    except RunError:
        return ListedRun(path, "?", "?", is_live, "unknown", 0, None, None, None)
    return ListedRun(
        path=path,
        dataset=config.data.name,
        arch=config.model.arch,
        is_live=is_live,
        state=_state(path, said, is_live=is_live),
        step=step,
        training_loss=training_loss,
        validation_loss=validation_loss,
        started=first.time if first else None,
    )


def _state(path: Path, said: _Word | None, *, is_live: bool) -> str:
    """The state of a run whose newest word on it is `said`."""
    if is_live and (age(path) or 0) > SILENT_SECONDS:
        return NOT_RESPONDING
    match said:
        case Ended(reason=reason):
            return reason
        case Failed():
            return RunState.FAILED
        case StateChanged(state=state) if is_live:
            return state
    return RunState.PREPARING if is_live else "crashed"


def _progress(path: Path) -> tuple[_Word | None, int, float | None, float | None]:
    """The newest word on a run's state, its step, and its last training and validation losses, from its log's end."""
    said = step = training_loss = validation_loss = None
    valid_to = math.inf  # where the run went back to: what was measured after that step no longer holds
    for event in read_events_backwards(events_path(path), _TELLING):
        match event:
            case StateChanged() | Ended() | Failed():
                said = said or event
            case Metrics() | ModelReady() | Rewound():
                if step is None:
                    step = event.step
                    training_loss = float(event.loss[-1]) if isinstance(event, Metrics) else None
                valid_to = min(valid_to, event.step)
            case Evaluated(split="validation") if validation_loss is None and event.step <= valid_to:
                validation_loss = event.loss
        if None not in (said, step, validation_loss):
            break
    return said, step or 0, training_loss, validation_loss
