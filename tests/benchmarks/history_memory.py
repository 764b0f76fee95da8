"""What the history of a run costs at any length: memory, time to add a step, time to read a chart's 200 columns.

    python tests/benchmarks/history_memory.py [--steps 1000 100000 1000000 10000000] [--rounds 25] [--json FILE]

Memory is what NumPy and Python hold for all five metrics, by tracemalloc, measured in a pass of its own because that
makes everything slower. Steps come in events of 100, with an evaluation every 469 steps. `whole` reads the whole run,
`newest` its last 5,000 steps. Times are medians of the rounds; adding is measured once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import Evaluated, Metrics

CHUNK = 100
EPOCH = 469
COLUMNS = 200


def fill(steps: int) -> History:
    """The history of a run of some steps."""
    history = History()
    values = np.random.default_rng(0).normal(100, 5, (5, CHUNK)).astype(np.float32)
    for first in range(1, steps + 1, CHUNK):
        loss, reconstruction, kl, grad_norm, learning_rate = values[:, : steps + 1 - first]
        history.add(
            Metrics(
                step=min(first + CHUNK - 1, steps),
                first_step=first,
                seconds=0.1,
                loss=loss,
                reconstruction=reconstruction,
                kl=kl,
                grad_norm=grad_norm,
                learning_rate=learning_rate,
            )
        )
        if first // EPOCH < (first + CHUNK) // EPOCH:
            history.add(Evaluated(step=first, split="validation", loss=1 / first, reconstruction=1.0, kl=1.0))
    return history


def measure_memory(steps: int) -> tuple[float, float]:
    """MiB held in the end, and at most, of the metrics read once and the evaluations."""
    tracemalloc.start()
    history = fill(steps)
    history.envelope("loss", 1, steps, COLUMNS)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 2**20, peak / 2**20


def time_calls(call: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return times


def measure(steps: int, rounds: int) -> dict[str, object]:
    """Every measurement of one length."""
    held, peak = measure_memory(steps)
    start = time.perf_counter()
    history = fill(steps)
    seconds = time.perf_counter() - start
    newest = max(1, steps - 4999)
    return {
        "steps": steps,
        "held_mib": held,
        "peak_mib": peak,
        "evaluations": len(history.evaluations()),
        "add_us_per_step": 1e6 * seconds / steps,
        "envelope_whole_ms": time_calls(lambda: history.envelope("loss", 1, steps, COLUMNS), rounds),
        "envelope_newest_ms": time_calls(lambda: history.envelope("loss", newest, steps, COLUMNS), rounds),
        "smoothed_whole_ms": time_calls(lambda: history.smoothed("loss", 1, steps, COLUMNS), rounds),
    }


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, nargs="+", default=[10**3, 10**5, 10**6, 10**7])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for steps in options.steps:
        rows.append(measure(steps, options.rounds))
        cells = (
            f"{name} {statistics.median(value):.3g}" if isinstance(value, list) else f"{name} {value:.4g}"
            for name, value in rows[-1].items()
        )
        print(", ".join(cells), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
