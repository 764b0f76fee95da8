"""How the app starts: seconds to its first frame, and how soon it answers keys while JAX is imported and code compiled.

    python tests/benchmarks/app_start.py [--rounds 5] [--data mnist5k] [--json FILE]

In each round a run is started in a pseudo-terminal of 120x40. From its first frame on a key is pressed again and again,
each a while after the screen was last painted, so that the first bytes that come back are the answer, until the run has
taken its first steps. The process imports JAX, reads the data, traces, and reads the compilation cache in that time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from app_cost import App, is_training

KEYS = ("m", "l")
"""Keys that redraw the curves' panel."""

QUIET_SECONDS = 0.03
ANSWER_SECONDS = 5.0

GOALS = {
    "first frame, s": "at most 0.6",
    "key while starting, median ms": "",
    "key while starting, 95 % ms": "at most 300",
}


def start(data: str, run: Path) -> tuple[float, float, list[float]]:
    """Start a run. Return the seconds to the first frame and to the first steps, and the milliseconds of each key."""
    began = time.perf_counter()
    app = App(["train", "--data.name", data, "--train.steps", "1000000", "--run.dir", str(run)])
    shown = b""
    while b"loss, nats per image" not in shown:
        shown += app.read_block(ANSWER_SECONDS)
    first_frame = time.perf_counter() - began
    waits = []
    while not is_training(run, app.process):
        while app.wait_for_output(QUIET_SECONDS) is not None:
            pass
        app.press(KEYS[len(waits) % len(KEYS)])
        waited = app.wait_for_output(ANSWER_SECONDS)
        waits.append(1000 * (ANSWER_SECONDS if waited is None else waited))
    first_steps = time.perf_counter() - began
    app.stop()
    return first_frame, first_steps, waits


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(options.rounds):
            first_frame, first_steps, waits = start(options.data, Path(folder, f"run-{i}"))
            rounds.append({"first frame, s": first_frame, "first steps, s": first_steps, "keys, ms": waits})
            largest = ", ".join(f"{wait:.0f}" for wait in sorted(waits)[-4:])
            print(f"round {i + 1}: frame {first_frame:.2f} s, steps {first_steps:.2f} s, slowest keys {largest} ms")
    waits = [wait for found in rounds for wait in found["keys, ms"]]
    table = {
        "first frame, s": statistics.median(found["first frame, s"] for found in rounds),
        "first steps, s": statistics.median(found["first steps, s"] for found in rounds),
        "key while starting, median ms": statistics.median(waits),
        "key while starting, 95 % ms": statistics.quantiles(waits, n=20, method="inclusive")[-1],
    }
    for name, value in table.items():
        print(f"{name:32} {value:9.3g}   {GOALS.get(name, '')}")
    if options.json:
        options.json.write_text(json.dumps({"table": table, "rounds": rounds}, indent=1))


if __name__ == "__main__":
    main()
