"""What it takes to redraw the curves of eight compared runs, by their length.

    python tests/benchmarks/compare.py [--steps 1000 100000 1000000] [--rounds 100] [--json FILE]

Draws 116x20 cells with a cursor, on each axis. Before every drawing, each run gets 16 more steps. `draw` is the
picture, `redraw` also finds what differs from the picture before it, and makes strips of the lines that do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TypedDict

import numpy as np
from history_memory import fill
from redraw import CHUNK, go_on
from rich.style import Style
from vae_tui.core.comparison import AXES, Axis, ComparedRun
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.render.cells import StyleTable, changed_spans, render_strip
from vae_tui.tui.render.chart.overlay import RUN_INK, OverlayView, draw_overlay

RUNS = 8
HEIGHT, WIDTH = 20, 116
TABLE = StyleTable([Style(color=f"color({16 + index})", bgcolor="#101010") for index in range(RUN_INK + RUNS)])


class Row(TypedDict):
    """What was measured of one length on one axis."""

    steps: int
    axis: str
    draw_ms: list[float]
    redraw_ms: list[float]


def runs_of(steps: int, folder: Path) -> list[ComparedRun]:
    """Runs of some steps, with a history in memory and no log."""
    runs = []
    for number in range(RUNS):
        path = folder / f"{steps}-{number}"
        RunDirectory.create(Config(run=RunConfig(dir=str(path)))).close()
        run = ComparedRun(path)
        run.history = fill(steps)
        for first in range(1, steps + 1, 100):
            run.times.add(first, min(first + 99, steps), 0.1 + 0.01 * number)
        runs.append(run)
    return runs


def measure(runs: list[ComparedRun], axis: Axis, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each drawing, and of each redrawing."""
    generator = np.random.default_rng(1)
    drawing, redrawing = [], []
    old = None
    for _ in range(rounds):
        for run in runs:
            go_on(run.history, generator)
            run.times.add(run.history.last_step - CHUNK + 1, run.history.last_step, 0.016)
        start = time.perf_counter()
        spans = [run.spans(axis) for run in runs]
        known = min(first for first, _ in spans), max(last for _, last in spans)
        new, _ = draw_overlay(runs, OverlayView("loss", axis, known, known, cursor=known[1] // 2), HEIGHT, WIDTH)
        drawn = time.perf_counter()
        for y in {y for y, _, _ in changed_spans(old, new)} if old else range(HEIGHT):
            render_strip(new, y, TABLE)
        drawing.append(1000 * (drawn - start))
        redrawing.append(1000 * (time.perf_counter() - start))
        old = new
    return drawing, redrawing


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, nargs="+", default=[10**3, 10**5, 10**6])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    print(f"{'steps':>10} {'axis':>6} {'draw ms':>8} {'redraw ms':>10} {'95 %':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for steps in options.steps:
            runs = runs_of(steps, Path(folder))
            for axis in AXES:
                drawing, redrawing = measure(runs, axis, options.rounds)
                rows.append({"steps": steps, "axis": axis, "draw_ms": drawing, "redraw_ms": redrawing})
                print(
                    f"{steps:>10,} {axis:>6} {statistics.median(drawing):>8.2f} {statistics.median(redrawing):>10.2f} "
                    f"{statistics.quantiles(redrawing, n=20)[-1]:>6.2f}",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
