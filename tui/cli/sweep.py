"""Train the runs of a sweep one after another, and compare them at the end."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ...core.errors import RunError, UsageError, VaeTuiError
from ...core.protocol import Ended, RunState
from ...core.run import (
    RunDirectory,
    delete_run,
    holder,
    is_locked,
    is_run,
    last_checkpoint,
    last_state_event,
)
from ...core.text import count, shell_path
from .printing import print_text
from .sweep_plan import PlannedRun

Train = Callable[[RunDirectory, bool, str], int]
"""Trains a run (its directory, whether it is resumed, a note on its data) and returns the exit code."""

MOST_COMPARED = 8
"""Runs in a comparison, at most."""


def run_sweep(
    runs: Sequence[PlannedRun], train: Train, compare: Callable[..., int], *, call: Callable[[Callable[[], int]], int]
) -> int:
    """Train the runs that are not finished, in order, then compare them. Return the exit code.

    A run that fails does not end the sweep. One that the user stops or leaves does; the same command goes on with it.

    Args:
        runs: The runs.
        train: Trains one run.
        compare: Shows runs side by side, given their directories.
        call: Calls the function that trains a run: in a child process, if that imports JAX.

    Raises:
        UsageError: when another process trains one of the runs.
    """
    for planned in runs:
        if is_locked(planned.path):
            raise UsageError(
                f"process {holder(planned.path)} trains {planned.path} already; "
                f"`vae-tui stop {shell_path(planned.path)}` stops it"
            )
    failed = 0
    for number, planned in enumerate(runs, start=1):
        place = f"sweep       {count(number)} of {count(len(runs))}: {planned.path}"
        if _is_finished(planned.path):
            print_text(f"{place}: finished already")
            continue
        print_text(place, flush=True)
        code = call(partial(_train, planned, train))
        if _is_finished(planned.path):
            continue
        if code != 1:
            left = len(runs) - number + 1
            print_text(f"sweep       {count(left)} of {count(len(runs))} runs are left; the same command goes on:")
            print_text(f"go on       vae-tui {shlex.join(sys.argv[1:])}")
            return code
        failed += 1
    if failed:
        print_text(f"sweep       {count(failed)} of {count(len(runs))} runs failed", error=True)
    finished = _best_first([planned.path for planned in runs if _is_finished(planned.path)])[:MOST_COMPARED]
    if finished:
        print_text(f"compare     vae-tui compare {' '.join(map(shell_path, finished))}", flush=True)
        compare(*map(str, finished))
    return 1 if failed else 0


def _train(planned: PlannedRun, train: Train) -> int:
    """Train a run, or what is left of it. Return the exit code; an error is one line."""
    try:
        if is_run(planned.path) and last_checkpoint(planned.path) is not None:
            return train(RunDirectory.resume(planned.path), True, "")
        if is_run(planned.path):
            delete_run(planned.path)  # it was stopped before its first checkpoint
        return train(RunDirectory.create(planned.config), False, planned.note)
    except VaeTuiError as error:
        print_text(f"vae-tui: {error}", error=True)
        return 1


def _is_finished(run: Path) -> bool:
    if not is_run(run) or is_locked(run):
        return False
    try:
        last = last_state_event(run)
    except RunError:
        return False
    return isinstance(last, Ended) and last.reason == RunState.FINISHED


def _best_first(runs: Sequence[Path]) -> list[Path]:
    """Return runs by their lowest validation loss where they are more than can be compared, else as they are."""
    if len(runs) <= MOST_COMPARED:
        return list(runs)
    from ..state import read_conclusion

    def loss(run: Path) -> float:
        view = read_conclusion(run)
        return view.best.loss if view is not None and view.best is not None else math.inf

    return sorted(runs, key=loss)
