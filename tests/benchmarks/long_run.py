"""Whether a very long run stays as it began: memory, speed, size of the log.

    python tests/benchmarks/long_run.py [--steps 1000000] [--seconds 3600] [--data mnist5k] [--json FILE]

A tiny model is trained by the installed command, so that steps, epochs, evaluations and checkpoints are many rather
than long. The process's resident memory is read from /proc (Linux) about every hundredth of the run. The run is
stopped after --seconds, whatever it has done by then.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

VAE_TUI = Path(sys.executable).parent / "vae-tui"
TINY = "--model.hidden 8 --model.latents 2 --train.batch-size 8 --run.sample-steps 5000"
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def resident(process: int) -> float:
    """Resident memory of a process in megabytes."""
    return int(Path("/proc", str(process), "statm").read_text().split()[1]) * PAGE_MB


class Log:
    """The end of a growing event log, each line read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.step = 0
        self.started = 0.0
        self.counts: dict[str, int] = {}
        self._offset = 0

    def read(self) -> None:
        """Take in the lines that are complete."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().splitlines(keepends=True)
        for line in lines:
            if not line.endswith(b"\n"):
                break
            self._offset += len(line)
            event = json.loads(line)
            self.counts[event["type"]] = self.counts.get(event["type"], 0) + 1
            if event["type"] == "metrics":
                self.step = event["step"]
                self.started = self.started or event["time"]


def watch(arguments: list[str], run: Path, seconds: float, interval: float) -> dict[str, Any]:
    """Train, and note time, step and memory every `interval` seconds from the first step on."""
    command = [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    log, rows = Log(run / "events.jsonl"), []
    while process.poll() is None:
        time.sleep(interval)
        log.read()
        if log.step == 0 or process.poll() is not None:
            continue
        rows.append((time.time() - log.started, log.step, resident(process.pid)))
        if rows[-1][0] > seconds:
            process.send_signal(signal.SIGINT)
            process.wait()
    log.read()
    return {
        "seconds": [row[0] for row in rows],
        "steps": [row[1] for row in rows],
        "megabytes": [row[2] for row in rows],
        "last_step": log.step,
        "events": log.counts,
        "log_megabytes": log.path.stat().st_size / 1e6,
        "exit": process.returncode,
    }


def summary(found: dict[str, Any]) -> dict[str, float]:
    """What the table shows. The growth is a line fitted to the second half, when all buffers have their size."""
    seconds, steps, memory = (np.array(found[name]) for name in ("seconds", "steps", "megabytes"))
    tenth = max(2, len(steps) // 10)
    speed = lambda part: (steps[part][-1] - steps[part][0]) / (seconds[part][-1] - seconds[part][0])  # noqa: E731
    half = len(steps) // 2
    growth = np.polyfit(steps[half:], memory[half:], 1)[0] * 1e6
    return {
        "steps": found["last_step"],
        "memory after the first tenth, MB": memory[tenth],
        "memory at the end, MB": memory[-1],
        "growth, MB a million steps": growth,
        "speed in the first tenth, steps/s": speed(slice(0, tenth)),
        "speed in the last tenth, steps/s": speed(slice(-tenth, None)),
        "event log, MB a million steps": found["log_megabytes"] / found["last_step"] * 1e6,
    }


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop then")
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between two readings")
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--flags", default=TINY, help="what the model is made of")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    arguments = ["--data.name", options.data, "--train.steps", str(options.steps), *shlex.split(options.flags)]
    with tempfile.TemporaryDirectory() as folder:
        found = watch(arguments, Path(folder, "run"), options.seconds, options.interval)
    rows = summary(found)
    for name, value in rows.items():
        print(f"{name:36}{value:14,.1f}")
    for name, count in found["events"].items():
        print(f"{'events: ' + name:36}{count:14,}")
    if options.json:
        options.json.write_text(json.dumps({"summary": rows, **found}, indent=1))


if __name__ == "__main__":
    main()
