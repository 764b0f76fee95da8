"""`vae-tui runs`: list the runs in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ...core.protocol import OVER
from ...core.run import list_runs
from ..state import count
from .table import print_table


def runs(*, base: Path = Path("runs")) -> None:
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
        print(f"there are no runs in {base.absolute()}; `vae-tui train` starts one")
        return
    columns = ("run", "data set", "model", "state", "step", "loss", "validation", "started")
    print_table(columns, rows, dispensable=("started", "model", "data set"))


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"
