"""How the browser of runs opens on a large folder, and what it costs while it is open.

    python tests/benchmarks/browse.py [--runs 1000] [--evaluations 100] [--rounds 5] [--json FILE]

Writes runs with logs as of real trainings, and opens `vae-tui runs` on them in a pseudo-terminal of 120x40: the first
time, when every run has to be read, then with the cache. `opens` is the time from the command to the first frame with
rows, `all read` the time to the row that is read last. Then the browser is left alone: its CPU time and memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from app_cost import App
from vae_tui.core.config import Config, RunConfig, TrainConfig
from vae_tui.core.protocol import Ended, Evaluated, Metrics, ModelReady, RunState, StateChanged
from vae_tui.core.run import RunDirectory, RunLog

IDLE_SECONDS = 10.0
STEPS = 100
"""Steps between two evaluations."""

GOALS = {"opens with the cache, s": "at most 0.5", "CPU while idle, %": "at most 3", "memory, MB": "at most 200"}


def write_run(path: Path, number: int, evaluations: int) -> None:
    """Write a finished run; its figures depend on its number."""
    generator = np.random.default_rng(number)
    start = 1.7e9 + 3600 * number
    config = Config(run=RunConfig(dir=str(path)), train=TrainConfig(seed=number))
    with RunDirectory.create(config) as run:
        log = RunLog(run)
        log.record(StateChanged(step=0, time=start, state=RunState.PREPARING))
        log.record(_ready(start, evaluations))
        for first in range(1, evaluations * STEPS, STEPS):
            last = first + STEPS - 1
            values = (80 + 100 * np.exp(-np.arange(first, last + 1) / 1000) + generator.random(STEPS)).astype(
                np.float32
            )
            columns = {"loss": values, "reconstruction": values, "kl": values, "grad_norm": values}
            log.record(
                Metrics(step=last, time=start + last, first_step=first, seconds=1.0, learning_rate=values, **columns)
            )
            loss = float(values[-1])
            log.record(
                Evaluated(step=last, time=start + last, split="validation", loss=loss, reconstruction=loss, kl=0)
            )
        log.record(Ended(step=evaluations * STEPS, time=start + evaluations * STEPS, reason="finished"))
        log.close()


def _ready(start: float, evaluations: int) -> ModelReady:
    return ModelReady(
        step=0,
        time=start,
        parameter_count=1,
        device="cpu",
        steps_per_epoch=STEPS,
        total_steps=evaluations * STEPS,
        batch_size=96,
        compile_seconds=1.0,
        schedule_steps=np.ones(1, np.int32),
        schedule_rates=np.ones(1, np.float32),
    )


def open_browser(folder: Path, runs: int) -> tuple[App, float, float]:
    """Open the browser. Return it, and the seconds to its first rows and to the last one."""
    began = time.perf_counter()
    app = App(["runs", str(folder)])
    shown, opened = b"", None
    while opened is None or f"{runs:,} runs".encode() not in shown:
        shown += app.read_block(60)
        if opened is None and b"run-0" in shown:
            opened = time.perf_counter() - began
    return app, opened, time.perf_counter() - began


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.runs):
            write_run(folder / f"run-{number:05}", number, options.evaluations)
        app, table["opens the first time, s"], table["all read the first time, s"] = open_browser(folder, options.runs)
        app.stop("q")
        opened, idle, memory = [], [], []
        for _ in range(options.rounds):
            app, seconds, _ = open_browser(folder, options.runs)
            opened.append(seconds)
            spent = app.thread_seconds()
            app.read(IDLE_SECONDS)
            idle.append(100 * (app.thread_seconds() - spent) / IDLE_SECONDS)
            memory.append(resident_megabytes(app.screen_pid))
            app.stop("q")
        table["opens with the cache, s"] = statistics.median(opened)
        table["CPU while idle, %"] = statistics.median(idle)
        table["memory, MB"] = statistics.median(memory)
        table["cache, MB"] = sum(file.stat().st_size for file in folder.glob(".*.json")) / 1e6
    for label, value in table.items():
        print(f"{label:32} {value:9.3g}   {GOALS.get(label, '')}")
    if options.json:
        options.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
