"""Read the runs that a user names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import RunError, UsageError
from ..run import RUNS, events_path, find_run
from ..run.event_log import read_events
from .compared_run import ComparedRun

MAX_RUNS = 8
"""Runs in a comparison, at most: as many as there are curves that can be told apart."""


def read_runs(
    names: Sequence[str], base: Path = RUNS, report: Callable[[str, int, int], None] | None = None
) -> list[ComparedRun]:
    """Read runs in their given order.

    Args:
        names: Directories, names of runs below `base`, or "latest".
        base: The folder of runs.
        report: Called before each run with its name, how many have been read, and how many there are.

    Raises:
        UsageError: when there are none or more than MAX_RUNS, or two are the same.
        RunError: when a run does not exist, or its files are damaged.
    """
    if not 1 <= len(names) <= MAX_RUNS:
        raise UsageError(f"compare takes 1 to {MAX_RUNS} runs; {len(names)} were given")
    paths = [find_run(name, base) for name in names]
    resolved = [path.resolve() for path in paths]
    for path in paths:
        if resolved.count(path.resolve()) > 1:
            raise UsageError(f"{path} is given twice; name each run once")
    runs = [ComparedRun(path) for path in paths]
    for number, run in enumerate(runs):
        if report is not None:
            report(run.name, number, len(runs))
        try:
            run.read()
        except RunError:
            for _ in read_events(events_path(run.path)):  # its error tells which line to remove
                pass
            raise
    return runs
