"""Tell the state of a run from its log, and from the process that holds it."""

from __future__ import annotations

from pathlib import Path

from ..protocol import Ended, Event, Failed, RunState, StateChanged
from .event_log import read_events_backwards
from .heartbeat import is_silent
from .rundir import events_path

NOT_RESPONDING = "not responding"
"""The state of a live run without a heartbeat: its process is stuck or suspended."""


def last_state_event(run: Path) -> StateChanged | Ended | Failed | None:
    """Return the newest event about a run's state, or None when there is none.

    Raises:
        RunError: when the log cannot be read.
    """
    return next(read_events_backwards(events_path(run), (StateChanged, Ended, Failed)), None)  # type: ignore[return-value]


def state_of(path: Path, newest: StateChanged | Ended | Failed | None, *, is_live: bool) -> str:
    """Return the state of a run, see `named_state`.

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
    """Return the state of a run.

    That is of a live run its `RunState`, or NOT_RESPONDING; of others finished, stopped, failed, or crashed (the log
    has no final event).

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
