"""List the runs in a folder from their logs, without opening a model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RunError
from ..protocol import Ended, Evaluated, Event, Failed, Metrics, ModelReady, Rewound, RunState, StateChanged
from .event_log import read_events, read_events_backwards
from .heartbeat import is_silent
from .labels import Labels, read_labels
from .rundir import RUNS, events_path, is_locked, is_run, read_config

NOT_RESPONDING = "not responding"
"""The state of a live run without a heartbeat: its process is stuck or suspended."""

_StateEvent = StateChanged | Ended | Failed
_PROGRESS_EVENTS: tuple[type[Event], ...] = (StateChanged, Ended, Failed, ModelReady, Metrics, Rewound, Evaluated)


@dataclass(frozen=True)
class ListedRun:
    """One run in a list of runs."""

    path: Path
    dataset: str
    arch: str
    is_live: bool
    """Whether a process holds the run: it trains, or waits for viewers to leave."""
    state: str
    """Of a live run its `RunState`, or NOT_RESPONDING; of others finished, stopped, failed, or crashed (the log has no
    final event); unknown where the run's files are damaged."""
    step: int
    training_loss: float | None
    """The training loss of the last step, in nats per image; None before the first step."""
    validation_loss: float | None
    """The last validation loss, in nats per image; None before the first evaluation."""
    started: float | None
    """When the run started, in seconds since 1970; None where its log is empty."""
    labels: Labels = field(default_factory=Labels)
    """The user's note and tags; empty where they cannot be read."""


def list_runs(base: Path = RUNS) -> list[ListedRun]:
    """Return the runs in a folder, if any, the latest last."""
    return _sorted([_summarize(path, is_live=is_locked(path)) for path in _runs_in(base)])


def live_runs(base: Path = RUNS) -> list[ListedRun]:
    """Return the runs in a folder that a process holds now, the latest last."""
    return _sorted([_summarize(path, is_live=True) for path in _runs_in(base) if is_locked(path)])


def last_state_event(run: Path) -> StateChanged | Ended | Failed | None:
    """Return the newest event about a run's state, or None when there is none.

    Raises:
        RunError: when the log cannot be read.
    """
    return next(read_events_backwards(events_path(run), (StateChanged, Ended, Failed)), None)  # type: ignore[return-value]


def _runs_in(base: Path) -> list[Path]:
    """Return the runs in a folder, and what a process trains whose configuration was removed."""
    return sorted(path for path in base.glob("*") if is_run(path) or is_locked(path))


def _sorted(summaries: list[ListedRun]) -> list[ListedRun]:
    return sorted(summaries, key=lambda summary: summary.started or 0)


def _summarize(path: Path, *, is_live: bool) -> ListedRun:
    try:
        config, log = read_config(path), events_path(path)
        first = next(read_events(log, warn=lambda text: None), None)
        if first is None and log.exists() and log.stat().st_size:
            raise RunError(f"nothing in {log} can be read")
        newest, step, training_loss, validation_loss = _progress(path)
    except (RunError, OSError):  # one run that cannot be read must not hide the others
        return ListedRun(path, "?", "?", is_live, "unknown", 0, None, None, None)
    return ListedRun(
        path=path,
        dataset=config.data.title,
        arch=config.model.arch,
        is_live=is_live,
        state=state_of(path, newest, is_live=is_live),
        step=step,
        training_loss=training_loss,
        validation_loss=validation_loss,
        started=first.time if first else None,
        labels=_labels(path),
    )


def _labels(path: Path) -> Labels:
    try:
        return read_labels(path)
    except RunError:  # `runs tag` and `runs note` tell of it
        return Labels()


def state_of(path: Path, newest: _StateEvent | None, *, is_live: bool) -> str:
    """Return the state of a run, as in `ListedRun.state`.

    Args:
        path: The run's directory.
        newest: The newest event about the run's state.
        is_live: Whether a process holds the run.
    """
    word, is_final = state_word(newest)
    return named_state(path, word, is_final=is_final, is_live=is_live)


def state_word(event: Event | None) -> tuple[str, bool]:
    """Return what an event says of a run's state, or an empty text, and whether no more events follow."""
    match event:
        case Ended(reason=reason):
            return reason, True
        case Failed():
            return RunState.FAILED, True
        case StateChanged(state=state):
            return state, False
    return "", False


def named_state(path: Path, word: str, *, is_final: bool, is_live: bool) -> str:
    """Return the state of a run, as in `ListedRun.state`.

    Args:
        path: The run's directory.
        word: The newest word about the run's state, see `state_word`.
        is_final: Whether no more events follow.
        is_live: Whether a process holds the run.
    """
    if is_live and is_silent(path):
        return NOT_RESPONDING
    if is_final or (is_live and word):
        return word
    return RunState.PREPARING if is_live else "crashed"


def _progress(path: Path) -> tuple[_StateEvent | None, int, float | None, float | None]:
    """Return a run's newest state event, step and losses."""
    newest = step = training_loss = validation_loss = None
    valid_to = math.inf  # the step that the run went back to: evaluations after it no longer hold
    for event in read_events_backwards(events_path(path), _PROGRESS_EVENTS):
        match event:
            case StateChanged() | Ended() | Failed():
                newest = newest or event
            case Metrics() | ModelReady() | Rewound():
                if step is None:
                    step = event.step
                    training_loss = float(event.loss[-1]) if isinstance(event, Metrics) else None
                valid_to = min(valid_to, event.step)
            case Evaluated(split="validation") if validation_loss is None and event.step <= valid_to:
                validation_loss = event.loss
        if None not in (newest, step, validation_loss):
            break
    return newest, step or 0, training_loss, validation_loss
