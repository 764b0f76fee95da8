"""`vae-tui runs`: browse or list the runs in a folder, keep it in order, and check the checkpoints of a run."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...core.errors import CheckpointError, UsageError
from ...core.library import LibraryRun, list_runs
from ...core.protocol import OVER
from ...core.run import RUNS, find_run, is_run
from ...core.text import count, shell_path
from ..process.supervisor import is_in_browser
from ..process.terminal import why_no_screen
from ..state import shorten_end
from .browse import browse
from .manage_runs import add_to
from .parameters import Run
from .printing import print_text
from .screen_flags import Screen, ScreenFlags, screen_options_of
from .table import print_table

NOTE_WIDTH = 60
"""Characters of a note in the table, at most."""

runs = App(name="runs")
add_to(runs)


@runs.default
def list_all(
    base: Annotated[Path, Parameter(name=["--base"], help="The folder of the runs.")] = Path("runs"),
    *,
    plain: bool = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Browse the runs in a folder; without a terminal, print a table. Return the exit code.

    Parameters
    ----------
    plain:
        Print a table on a terminal, too.
    as_json:
        Print a JSON array for other programs, with an object for each run.
    """
    _check_folder(base)
    if as_json:
        print_text(json.dumps([_as_json(run) for run in list_runs(base)], indent=2, ensure_ascii=False))
    elif plain or (why_no_screen() and not is_in_browser()):
        _print_all(base)
    else:
        return browse(base, screen_options_of(screen))
    return 0


def _check_folder(base: Path) -> None:
    """Check that a folder of runs was named. Raises UsageError."""
    if is_run(base):
        shown = shell_path(base)
        raise UsageError(f"{base} is a run, not a folder of runs; `vae-tui replay {shown}` shows it")
    if base != RUNS and not base.is_dir():
        near = difflib.get_close_matches(str(base), [*runs], n=1)
        hint = f"did you mean `vae-tui runs {near[0]}`?" if near else "name the folder that the runs are in"
        raise UsageError(f"there is no folder {base}; {hint}")


def _print_all(base: Path) -> None:
    """Print a table of the runs in a folder."""
    found = list_runs(base)
    if not found:
        print_text(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
        return
    columns = {name: [text(run) for run in found] for name, text in _COLUMNS.items()}
    shown = {name: texts for name, texts in columns.items() if name not in _OPTIONAL or any(texts)}
    print_table(tuple(shown), list(zip(*shown.values(), strict=True)), dispensable=_DISPENSABLE)


@runs.command
def check(run: Run, /) -> int:
    """Read every checkpoint of a run, and compare it with the checksums that were written with it.

    The exit code is 1 if a checkpoint is damaged.
    """
    path = find_run(run)
    from ...core.learning.saved_checkpoints import open_checkpoints

    checkpoints = open_checkpoints(path)
    damaged = 0
    for step in checkpoints.steps:
        try:
            is_certain = checkpoints.check(step)
        except CheckpointError as error:
            damaged += 1
            print_text(str(error))
        else:
            result = "is sound" if is_certain else "can be read, but an older version wrote it, without checksums"
            print_text(f"the checkpoint {checkpoints.path(step)} {result}")
    return 1 if damaged else 0


def _as_json(run: LibraryRun) -> dict[str, object]:
    figures = run.figures
    return {
        "name": run.name,
        "path": str(run.path.absolute()),
        "dataset": run.summary.dataset,
        "arch": run.summary.arch,
        "is_live": run.is_live,
        "state": run.state,
        "step": figures.step,
        "training_loss": figures.training_loss,
        "validation_loss": figures.validation_loss,
        "best_validation_loss": run.best_loss,
        "started": figures.started,
        "devices": figures.devices,
        "processes": figures.processes,
        "note": run.summary.note,
        "tags": run.summary.tags,
    }


def _state(run: LibraryRun) -> str:
    return f"{run.state}, live" if run.is_live and run.state in OVER else run.state


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _if_several(number: int) -> str:
    return count(number) if number > 1 else ""


_COLUMNS: dict[str, Callable[[LibraryRun], str]] = {
    "run": lambda run: run.name,
    "data set": lambda run: run.summary.dataset,
    "model": lambda run: run.summary.arch,
    "state": _state,
    "step": lambda run: count(run.figures.step),
    "loss": lambda run: _loss(run.figures.training_loss),
    "validation": lambda run: _loss(run.figures.validation_loss),
    "started": lambda run: _time(run.figures.started),
    "devices": lambda run: _if_several(run.figures.devices),
    "processes": lambda run: _if_several(run.figures.processes),
    "tags": lambda run: " ".join(run.summary.tags),
    "note": lambda run: shorten_end(run.summary.note, NOTE_WIDTH),
}
"""The columns of the table, and their texts."""

_OPTIONAL = ("devices", "processes", "tags", "note")
"""The columns that are left out where they are empty."""

_DISPENSABLE = ("started", "model", "note", "processes", "devices", "data set")
"""The columns that a narrow terminal leaves out, in this order."""
