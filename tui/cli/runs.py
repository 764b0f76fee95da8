"""`vae-tui runs`: list the runs in a folder, and check the checkpoints of one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cyclopts import App

from ...core.errors import CheckpointError
from ...core.protocol import OVER
from ...core.run import find_run, list_runs
from ...core.text import count
from .parameters import Run
from .printing import print_text
from .table import print_table

runs = App(name="runs")


@runs.default
def list_all(*, base: Path = Path("runs")) -> None:
    """Print a table of the runs in a folder.

    Parameters
    ----------
    base:
        The folder of the runs.
    """
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
        )
        for run in list_runs(base)
    ]
    if not rows:
        print_text(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
        return
    columns = ("run", "data set", "model", "state", "step", "loss", "validation", "started")
    print_table(columns, rows, dispensable=("started", "model", "data set"))


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


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"
