"""The time from the command to a good model: vae-tui's first validation loss below a bound, beside PyTorch's example.

    python tests/benchmarks/time_to_loss.py --torch-python ENV/bin/python [--rounds 3] [--data-dir DIR] [--json FILE]

The bound is what PyTorch's example VAE once reached on MNIST's test set after its 10 epochs. Its time is from the start
of the interpreter to the end of the last epoch. That of vae-tui is from the command, with a warm compilation cache, to
the first evaluation of the validation split at or below the bound; the run is the default one, and is stopped then.
The sides take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from quality import TORCH_EXAMPLE, VAE_TUI
from vae_tui.core.config import DataConfig
from vae_tui.core.data import load_dataset

BOUND = 105.72
"""What PyTorch's example reached on the test set after 10 epochs, in nats per image; its runs differ a little."""


def time_vae_tui(run: Path, data: list[str]) -> float:
    """Seconds from the command to the first validation loss that is low enough."""
    start = time.perf_counter()
    command = [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *data]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    log = run / "events.jsonl"
    seconds = None
    while seconds is None:
        time.sleep(0.05)
        for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
            if '"evaluated"' in line and line.endswith("}") and json.loads(line)["loss"] <= BOUND:
                seconds = time.perf_counter() - start
        assert process.poll() is None, "the run ended above the bound"
    process.terminate()
    process.wait()
    return seconds


def time_torch(python: Path, file: Path) -> float:
    """Seconds from the start of the interpreter to the end of the last epoch."""
    start = time.perf_counter()
    subprocess.run([str(python), str(TORCH_EXAMPLE), str(file)], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch-python", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data-dir")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    dataset = load_dataset(DataConfig(name="mnist", dir=options.data_dir), lambda *_: None)
    assert dataset.test is not None
    data = ["--data.name", "mnist", *(["--data.dir", options.data_dir] if options.data_dir else [])]
    found: dict[str, list[float]] = {"vae-tui": [], "PyTorch's example": []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npz"
        np.savez(file, images=dataset.train.images, labels=dataset.train.labels, test_images=dataset.test.images)
        time_vae_tui(Path(folder) / "warm", data)
        for i in range(options.rounds):
            found["vae-tui"].append(time_vae_tui(Path(folder) / str(i), data))
            found["PyTorch's example"].append(time_torch(options.torch_python, file))
    for name, seconds in found.items():
        print(f"{name:20}{statistics.median(seconds):8.1f} s  ({min(seconds):.1f} to {max(seconds):.1f})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
