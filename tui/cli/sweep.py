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
from ..process.exit_codes import INTERRUPTED
from .outcome import what_to_do_next
from .printing import print_text
from .sweep_plan import PlannedRun

Train = Callable[[RunDirectory, bool, str], int]
"""Trains a run (its directory, whether it is resumed, a note on its data) and returns the exit code."""

MOST_COMPARED = 8
"""Runs in a comparison, at most."""


def run_sweep(
    runs: Sequence[PlannedRun],
    train: Train,
    compare: Callable[..., int],
    *,
    call: Callable[[Callable[[], int]], int],
    announces: bool,
) -> int:
    """Train the runs that are not finished, in order, then compare them. Return the exit code.

    A run that fails does not end the sweep. One that the user stops or leaves does; the same command goes on with it.

    Args:
        runs: The runs.
        train: Trains one run.
        compare: Shows runs side by side, given their directories.
        call: Calls the function that trains a run: in a child process, if that imports JAX. The exit code INTERRUPTED
            ends the sweep, even if the run has finished.
        announces: Whether to name each run before its lines of progress.

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
    try:
        for number, planned in enumerate(runs, start=1):
            if _is_finished(planned.path):
                print_text(f"{planned.path.name:11} finished already")
                continue
            if announces:
                print_text(f"sweep       {count(number)} of {count(len(runs))}: {planned.path}", flush=True)
            code = call(partial(_train, planned, train))
            if code == INTERRUPTED or (code != 1 and not _is_finished(planned.path)):
                return _leave(runs, code)
            failed += not _is_finished(planned.path)
    except KeyboardInterrupt:  # between two runs
        return _leave(runs, INTERRUPTED)
    if failed:
        print_text(f"sweep       {count(failed)} of {count(len(runs))} runs failed", error=True)
    _conclude(runs, compare)
    return 1 if failed else 0


def _leave(runs: Sequence[PlannedRun], code: int) -> int:
    """Say how a sweep goes on that the user has ended. Return the exit code."""
    left = sum(not _is_finished(planned.path) for planned in runs)
    print_text(f"sweep       {count(left)} of {count(len(runs))} runs are left; the same command goes on:")
    print_text(f"go on       vae-tui {shlex.join(sys.argv[1:])}")
    return code


def _conclude(runs: Sequence[PlannedRun], compare: Callable[..., int]) -> None:
    """Say what to do next with the runs that have finished, and compare them."""
    from ..state import read_conclusion

    views = {planned.path: read_conclusion(planned.path) for planned in runs if _is_finished(planned.path)}
    losses = {path: view.best.loss for path, view in views.items() if view is not None and view.best is not None}
    if not views:
        return
    ranked = sorted(views, key=lambda path: losses.get(path, math.inf))
    compared = ranked[:MOST_COMPARED] if len(ranked) > MOST_COMPARED else list(views)
    best = ranked[0]
    print_text(f"best        {best}")
    if (view := views[best]) is not None:
        print_text("\n".join(what_to_do_next(best, view)))
    print_text(f"compare     vae-tui compare {' '.join(map(shell_path, compared))}", flush=True)
    compare(*map(str, compared))


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
