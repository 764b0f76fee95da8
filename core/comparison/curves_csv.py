"""Write the curves of several runs to one CSV file, in the long format."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..files import output_file
from ..protocol import LOSS_METRICS, METRICS
from .compared_run import UNITS, ComparedRun

MAX_POINTS = 1000
"""Rows of a run and metric, at most."""

COLUMNS = ("run", "metric", "step", "epoch", "seconds", "value")


def write_curves_csv(runs: Sequence[ComparedRun], target: Path) -> int:
    """Write smoothed metrics and validation values, and return the number of rows.

    The file appears once it is complete (see `output_file`).

    Raises:
        OSError: when the table cannot be written; an existing file at `target` is left unchanged then.
    """
    rows = 0
    with output_file(target) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for run in runs:
            for metric, steps, values in _curves(run):
                epochs = run.positions("epoch", steps) / UNITS["epoch"]
                seconds = run.positions("time", steps) / UNITS["time"]
                for step, epoch, second, value in zip(steps, epochs, seconds, values, strict=True):
                    if math.isfinite(value):
                        writer.writerow((run.name, metric, int(step), f"{epoch:.6g}", f"{second:.6g}", f"{value:.7g}"))
                        rows += 1
        text.detach()  # flushes; `output_file` closes the file
    return rows


def _curves(run: ComparedRun) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the name, steps and values of each curve."""
    history = run.history
    length = history.last_step - history.first_step + 1
    if length > 0:
        parts = min(MAX_POINTS, length)
        edges = history.first_step + np.arange(parts + 1) * length // parts
        for metric in METRICS:
            yield metric, edges[1:] - 1.0, history.smoothed_between(metric, edges)
    table = run.validation()[:, :: max(1, -(-run.validation().shape[1] // MAX_POINTS))]
    for metric, values in zip(LOSS_METRICS, table[1:], strict=True):
        yield f"validation_{metric}", table[0], values
