"""What can be said of the runs in a folder without opening a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RunError
from .rundir import RUNS, events_path, is_locked, is_run, read_config
from .runlog import read_records, read_records_backwards


@dataclass(frozen=True)
class RunSummary:
    """One run in a list of runs.

    `state` is running, finished, stopped, failed, interrupted (killed before it could say why) or unknown (its
    files are damaged). `validation_loss` is the last one, in nats per image; `started` is seconds since 1970.
    """

    path: Path
    dataset: str
    arch: str
    state: str
    step: int
    validation_loss: float | None
    started: float | None


def list_runs(base: Path = RUNS) -> list[RunSummary]:
    """The runs in a folder, the latest last; none when there is no such folder."""
    summaries = [_summarize(path) for path in sorted(base.glob("*")) if is_run(path)]
    return sorted(summaries, key=lambda summary: summary.started or 0)


def _summarize(path: Path) -> RunSummary:
    try:
        config = read_config(path)
        return RunSummary(path, config.data.name, config.model.arch, *_progress(path))
    except RunError:
        return RunSummary(path, "?", "?", "unknown", 0, None, None)


def _progress(path: Path) -> tuple[str, int, float | None, float | None]:
    """State, step, last validation loss and start of a run, from its log."""
    events = events_path(path)
    first = next(read_records(events), {})
    state, step, loss = None, 0, None
    for record in read_records_backwards(events):
        state = state or _state(record)
        step = step or record.get("step", 0)  # a resumed run begins at step 0 until its checkpoint is read
        if record.get("type") == "evaluated" and record.get("split") == "validation":
            loss = record.get("loss")
            break
    if is_locked(path):
        state = "running"
    return state or "interrupted", step, loss, first.get("time")


def _state(record: dict[str, Any]) -> str:
    """How a run ended that has this as its last record."""
    match record:
        case {"type": "ended", "reason": str(reason)}:
            return reason
        case {"type": "failed"}:
            return "failed"
    return "interrupted"
