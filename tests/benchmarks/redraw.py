"""What it takes to redraw the curve panel, by the length of the run: time, and bytes to the terminal.

    python tests/benchmarks/redraw.py [--steps 1000 100000 10000000] [--rounds 200] [--json FILE]

Draws 100x20 cells with a step cursor. Every round adds 16 steps, draws the picture ("draw"), then finds what differs
and makes strips of the lines that do ("redraw", both together). The bytes are those of the changed cells, with the
sequences that style and place them, of a panel as the app has it in 120x40 cells.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
from history_memory import fill
from rich.color import Color
from rich.console import Console
from rich.style import Style
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import Metric, Metrics
from vae_tui.tui.render.cells import Cells, StyleTable, changed_spans, render_strip
from vae_tui.tui.render.chart.chart import ChartView
from vae_tui.tui.render.chart.curve_data import CurveData
from vae_tui.tui.render.chart.curve_picture import draw_curves
from vae_tui.tui.render.chart.ink import Ink
from vae_tui.tui.state.viewport import Viewport

HEIGHT, WIDTH = 20, 100
APP_HEIGHT, APP_WIDTH = 19, 74
"""The inside of the curve panel in a terminal of 120x40 cells."""

CHUNK = 16
TABLE = StyleTable([Style(color=Color.from_rgb(20 * ink, 255 - 20 * ink, 128), bgcolor="#101010") for ink in Ink])
CONSOLE = Console(color_system="truecolor", force_terminal=True)


def draw(history: History, data: CurveData, metric: Metric | Literal["all"], height: int, width: int) -> Cells:
    """The panel's picture of the whole run, with a cursor at its middle."""
    known = history.first_step, history.last_step
    steps = Viewport().range(*known)
    view = ChartView(steps, known, history.marks(*steps), cursor=steps[1] // 2)
    return draw_curves(data, metric, view, height, width)[0]


def go_on(history: History, generator: np.random.Generator) -> None:
    """Train some more steps."""
    first = history.last_step + 1
    loss, reconstruction, kl, grad_norm, learning_rate = generator.normal(100, 5, (5, CHUNK)).astype(np.float32)
    history.add(
        Metrics(
            step=first + CHUNK - 1,
            first_step=first,
            seconds=0.1,
            loss=loss,
            reconstruction=reconstruction,
            kl=kl,
            grad_norm=grad_norm,
            learning_rate=learning_rate,
        )
    )


class Row(TypedDict):
    """What was measured of one length."""

    steps: int
    metric: str
    draw_ms: list[float]
    redraw_ms: list[float]
    bytes: list[int]


def measure(steps: int, metric: Metric | Literal["all"], rounds: int) -> Row:
    """Milliseconds of each drawing and each redrawing, and bytes of each change."""
    history = fill(steps)
    data = CurveData(history)
    generator = np.random.default_rng(1)
    drawing, redrawing, sizes = [], [], []
    old = draw(history, data, metric, HEIGHT, WIDTH)
    shown = draw(history, data, metric, APP_HEIGHT, APP_WIDTH)
    for _ in range(rounds):
        go_on(history, generator)
        start = time.perf_counter()
        new = draw(history, data, metric, HEIGHT, WIDTH)
        drawn = time.perf_counter()
        for y in {y for y, _, _ in changed_spans(old, new)}:
            render_strip(new, y, TABLE)
        drawing.append(1000 * (drawn - start))
        redrawing.append(1000 * (time.perf_counter() - start))
        old = new
        before, shown = shown, draw(history, data, metric, APP_HEIGHT, APP_WIDTH)
        sizes.append(size(before, shown))
    return {"steps": steps, "metric": metric, "draw_ms": drawing, "redraw_ms": redrawing, "bytes": sizes}


def size(old: Cells, new: Cells) -> int:
    """Bytes that change the one picture into the other."""
    total = 0
    for y, start, end in changed_spans(old, new):
        place = len(f"\x1b[{y + 1};{start + 1}H")
        total += place + len(render_strip(new, y, TABLE).crop(start, end).render(CONSOLE).encode())
    return total


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, nargs="+", default=[10**3, 10**5, 10**7])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    print(f"{'steps':>10} {'metric':>6} {'draw ms':>8} {'redraw ms':>10} {'95 %':>6} {'bytes':>6} {'mean':>6}")
    for steps in options.steps:
        for metric in ("loss", "all"):
            row = measure(steps, metric, options.rounds)
            rows.append(row)
            drawing, redrawing, sizes = row["draw_ms"], row["redraw_ms"], row["bytes"]
            print(
                f"{steps:>10,} {metric:>6} {statistics.median(drawing):>8.2f} {statistics.median(redrawing):>10.2f} "
                f"{statistics.quantiles(redrawing, n=20)[-1]:>6.2f} {statistics.median(sizes):>6.0f} "
                f"{statistics.mean(sizes):>6.0f}",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
