"""`vae-tui runs` and `vae-tui data`: tables on a terminal, plain columns anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from ...core.data import ProgressCallback, list_datasets, prepare_dataset
from ...core.run import list_runs
from ..state import OVER, amount, count, in_columns

WIDEST = 10_000
"""Columns that no table needs."""

LINE_SECONDS = 2.0
"""Time between two plain lines on the course of a preparation."""


def print_runs(base: Path) -> None:
    """List the runs of a folder."""
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
    _print_table(columns, rows, dispensable=("started", "model", "data set"))


def print_datasets(directory: str | None) -> None:
    """List the data sets."""
    statuses = list_datasets(directory)
    _print_table(
        ("data set", "ready", "where, or how to get it"),
        [(status.name, "yes" if status.ready else "no", status.detail) for status in statuses],
    )
    if not all(status.ready for status in statuses):
        print("without a network, with the set's own files in a folder DIR: vae-tui data prepare NAME --from DIR")


def prepare_data(name: str, directory: str | None, source: Path | None) -> None:
    """Prepare a data set and say how far it has come."""
    with showing_progress() as report:
        prepare_dataset(name, directory, source, report)
    print(f"{name} is ready")


@contextmanager
def showing_progress() -> Iterator[ProgressCallback]:
    """What to call with label, done, total and unit: a bar on a terminal, else a line now and then.

    They go to standard error: standard output is for results.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_printer()
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"), console=console
    ) as bar:
        task = bar.add_task("starting", total=None, amount="")

        def show(label: str, done: int, total: int, unit: str) -> None:
            text = amount(done, total, unit)
            bar.update(task, description=label, completed=done, total=total or None, amount=text)

        yield show


def _loss(loss: float | None) -> str:
    return "" if loss is None else f"{loss:.2f}"


def _line_printer() -> ProgressCallback:
    spoken: dict[str, float] = {}

    def show(label: str, done: int, total: int, unit: str) -> None:
        if time.monotonic() - spoken.get(label, -LINE_SECONDS) >= LINE_SECONDS:
            spoken[label] = time.monotonic()
            print(f"{label}: {amount(done, total, unit)}", file=sys.stderr)

    return show


def _print_table(columns: tuple[str, ...], rows: list[tuple[str, ...]], *, dispensable: tuple[str, ...] = ()) -> None:
    """Print a table; of the dispensable columns a narrow terminal does without the first ones."""
    console = Console()
    if console.is_terminal:
        roomy = console.options.update(width=WIDEST)  # else a table is measured as it is squeezed
        forms = [_table(columns, rows, dispensable[:number]) for number in range(len(dispensable) + 1)]
        fitting = (form for form in forms if console.measure(form, options=roomy).maximum <= console.width)
        console.print(next(fitting, forms[-1]))
        return
    for line in in_columns([columns, *rows]):
        print(line)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]], left_out: tuple[str, ...]) -> Table:
    kept = [index for index, name in enumerate(columns) if name not in left_out]
    table = Table(*(columns[index] for index in kept), box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(row[index] for index in kept))
    return table
