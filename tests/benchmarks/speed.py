"""How fast training is: the engine beside bare JAX and PyTorch, and how near it comes to the machine's matrix products.

    python tests/benchmarks/speed.py [--rounds 5] [--batch-size 128 ...] [--torch-python PYTHON] [--json FILE]

Every side is a process of its own; they take turns, so that other work on the machine meets them alike, and the table
shows medians and, against "bare JAX", medians of the rounds' ratios. The engine is the installed command, headless,
with its log, pictures, evaluations and checkpoints. "training" is the time inside the chunks of steps as its log
tells it, but for those that a checkpoint was written beside; "all" the wall clock with everything counted in. Without
--torch-python the sides in PyTorch are left out. On a machine with an accelerator the same command measures that; give
it larger batches there.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from vae_tui.core.config import DataConfig
from vae_tui.core.data import load_dataset, resolve_name

HERE = Path(__file__).parent
VAE_TUI = Path(sys.executable).parent / "vae-tui"
BARE = "bare JAX, chunks"
PLAIN = (
    "--model.hidden 400 --model.prior standard --model.activation gelu --model.conditioning onehot --no-optim.nesterov"
)
"""The settings in which the engine's model is the one that the other sides train; the other defaults are as there."""


def run_json(command: list[str]) -> dict[str, Any]:
    """What a process prints on its last line."""
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_engine(arguments: list[str], run: Path) -> tuple[float, float]:
    """Steps a second of training alone, and of wall clock. The first tenth warms up."""
    command = [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with (run / "events.jsonl").open(encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    metrics = [event for event in events if event["type"] == "metrics"]
    first = next(event for event in metrics if event["step"] >= metrics[-1]["step"] // 10)
    later = [event for event in metrics if event["step"] > first["step"]]
    undisturbed = [event for event in later if not _is_beside_checkpoint(event, events)]
    training = sum(event["step"] - event["first_step"] + 1 for event in undisturbed)
    steps, wall = later[-1]["step"] - first["step"], later[-1]["time"] - first["time"]
    return training / sum(event["seconds"] for event in undisturbed), steps / wall


def _is_beside_checkpoint(metrics: dict[str, Any], events: list[dict[str, Any]]) -> bool:
    """Whether a checkpoint was being written while these steps were taken."""
    starts = (event for event in events if event["type"] == "checkpoint_started")
    ends = {event["step"]: event["time"] for event in events if event["type"] == "checkpointed"}
    begin, end = metrics["time"] - metrics["seconds"], metrics["time"]
    return any(start["time"] < end and begin < ends.get(start["step"], end) for start in starts)


def create_sides(options: argparse.Namespace, images: Path, batch_size: int) -> dict[str, Callable[[], float]]:
    """The sides beside the engine, by name: each runs once and returns steps a second."""

    def rate(python: str | Path, script: str, *arguments: str, steps: int) -> Callable[[], float]:
        command = [str(python), str(HERE / script), str(images), *arguments]
        command += ["--batch-size", str(batch_size), "--steps", str(steps)]

        def run() -> float:
            found = run_json(command)
            return found["steps"] / found["seconds"]

        return run

    steps = options.steps
    sides = {
        BARE: rate(sys.executable, "speed_jax.py", "--loop", "chunk", steps=steps),
        "bare JAX, step by step": rate(sys.executable, "speed_jax.py", "--loop", "step", steps=steps // 2),
    }
    if options.torch_python:
        python = options.torch_python
        sides["PyTorch, DataLoader"] = rate(python, "speed_torch.py", "--batches", "loader", steps=steps // 8)
        sides["PyTorch, in memory"] = rate(python, "speed_torch.py", "--batches", "memory", steps=steps // 4)
    return sides


def measure(options: argparse.Namespace, images: Path, folder: Path, batch_size: int) -> dict[str, Any]:
    """All sides in turn, then the parts of a step."""
    arguments = ["--data.name", options.data, "--train.batch-size", str(batch_size)]
    arguments += ["--train.steps", str(options.steps), *shlex.split(options.engine_flags)]
    if options.data_dir:
        arguments += ["--data.dir", options.data_dir]
    sides = create_sides(options, images, batch_size)
    rates: dict[str, list[float]] = {name: [] for name in ("engine, training", "engine, all", *sides)}
    for i in range(options.rounds):
        training, overall = run_engine(arguments, folder / f"{batch_size}-{i}")
        rates["engine, training"].append(training)
        rates["engine, all"].append(overall)
        for name, run in sides.items():
            rates[name].append(run())
    parts = run_json([sys.executable, str(HERE / "speed_parts.py"), str(images), "--batch-size", str(batch_size)])
    return {"batch size": batch_size, "rates": rates, "parts": parts}


def print_table(found: dict[str, Any]) -> None:
    """One batch size's rows."""
    size, rates = found["batch size"], found["rates"]
    for name, values in rates.items():
        rate = statistics.median(values)
        ratio = statistics.median(value / bare for value, bare in zip(values, rates[BARE], strict=True))
        print(f"{name:26}{size:7}{rate:10,.1f}{size * rate:12,.0f}{1000 / rate:10.3f}{ratio:10.3f}")
    step = 1000 / statistics.median(rates["engine, training"])
    gflops = found["parts"]["operations"] / 1e6  # operations a millisecond, in units of 1e9 a second
    for name, milliseconds in found["parts"]["milliseconds"].items():
        rate = f"{gflops / milliseconds:8,.0f} GFLOP/s" if name == "matrix products" else ""
        print(f"  {name:24}{size:7}{'':10}{rate:>20}{milliseconds:12.3f}{milliseconds / step:10.1%}")
    print(f"  {'engine, training':24}{size:7}{'':10}{gflops / step:12,.0f} GFLOP/s{step:12.3f}{1:10.1%}")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2000, help="of the engine in a round")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[128])
    parser.add_argument("--data", default="auto")
    parser.add_argument("--data-dir")
    parser.add_argument("--engine-flags", default=PLAIN, help="further flags of the engine, in one string")
    parser.add_argument("--torch-python", type=Path, help="the Python of an environment with PyTorch")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.torch_python is None:
        print("PyTorch is left out: no --torch-python was given")
    options.data = resolve_name(DataConfig(name=options.data, dir=options.data_dir)).name
    train = load_dataset(DataConfig(name=options.data, dir=options.data_dir), lambda *_: None).train

    print(f"{options.data}, {len(train):,} images to train on")
    print(f"{'side':26}{'batch':>7}{'steps/s':>10}{'images/s':>12}{'ms/step':>10}{'to bare':>10}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder, "images.npz")
        np.savez(images, images=train.images, labels=train.labels)
        for batch_size in options.batch_size:
            results.append(measure(options, images, Path(folder), batch_size))
            print_table(results[-1])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
