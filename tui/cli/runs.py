"""`vae-tui runs`: list the runs in a folder, keep it in order, and check the checkpoints of a run."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ...core.errors import CheckpointError
from ...core.protocol import OVER
from ...core.run import ListedRun, find_run, list_runs
from ...core.text import count
from ..state import shorten_end
from .manage_runs import Base, add_to
from .parameters import Run
from .printing import print_text
from .table import print_table

NOTE_WIDTH = 60
"""Characters of a note in the table, at most."""

runs = App(name="runs")
add_to(runs)


@runs.default
def list_all(
    *, base: Base = Path("runs"), as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
) -> None:
    """Print a table of the runs in a folder.

    Parameters
    ----------
    as_json:
        Print a JSON array for other programs, with an object for each run.
    """
    if as_json:
        print_text(json.dumps([_as_json(run) for run in list_runs(base)], indent=2, ensure_ascii=False))
        return
    rows = [
        (
            run.path.name,
            run.dataset,
            run.arch,
            f"{run.state}, live" if run.is_live and run.state in OVER else run.state,
            count(run.step),
            _loss(run.training_loss),
            _loss(run.validation_loss),
            "" if run.started is None else datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M"),
            " ".join(run.labels.tags),
            shorten_end(run.labels.note, NOTE_WIDTH),
        )
        for run in list_runs(base)
    ]
    if not rows:
        print_text(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
        return
    columns = ["run", "data set", "model", "state", "step", "loss", "validation", "started", "tags", "note"]
    for name in ("note", "tags"):  # an empty column would say nothing
        index = columns.index(name)
        if not any(row[index] for row in rows):
            del columns[index]
            rows = [(*row[:index], *row[index + 1 :]) for row in rows]
    print_table(tuple(columns), rows, dispensable=("started", "model", "note", "data set"))


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


def _as_json(run: ListedRun) -> dict[str, object]:
    facts: dict[str, Any] = dataclasses.asdict(run) | {"path": str(run.path.absolute())}
    facts.update(facts.pop("labels"))
    for name in ("training_loss", "validation_loss"):
        if facts[name] is not None and not math.isfinite(facts[name]):  # JSON has no such number
            facts[name] = None
    return facts


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"
