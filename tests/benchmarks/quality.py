"""What a configuration reaches, and what it costs: loss, fidelity to the class asked for, wall-clock.

    python tests/benchmarks/quality.py [--only NAME ...] [--data-dir DIR] [--torch-python PYTHON] [--json FILE]

Each configuration is trained by the installed command on MNIST proper, one after the other, for the default 10 epochs
or the steps of its preset.
Fidelity is the share of 5,000 samples that a classifier trained on real digits takes for the class asked for, at two
temperatures; the mean distance between two samples of a class, beside that of real digits, tells of a collapse.
With the Python of an environment that has PyTorch, its example VAE is trained too, for the same 10 epochs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from classifier import Classify, train_classifier
from jaxtyping import UInt8
from vae_tui.core.config import DataConfig
from vae_tui.core.data import Dataset, load_dataset
from vae_tui.core.inference.saved_run import open_model

VAE_TUI = Path(sys.executable).parent / "vae-tui"
TORCH_EXAMPLE = Path(__file__).with_name("quality_torch.py")

CONFIGURATIONS: dict[str, list[str]] = {
    "defaults": [],
    "gelu": ["--model.activation", "gelu"],
    "relu": ["--model.activation", "relu"],
    "batches of 96": ["--train.batch-size", "96"],
    "rate 2e-3": ["--optim.learning-rate", "2e-3"],
    "rate 5e-3": ["--optim.learning-rate", "5e-3"],
    "no Nesterov form": ["--no-optim.nesterov"],
    "standard prior": ["--model.prior", "standard"],
    "class prior": ["--model.prior", "class"],
    "onehot": ["--model.conditioning", "onehot"],
    "embedding": ["--model.conditioning", "embedding"],
    "12 latents": ["--model.latents", "12"],
    "32 latents": ["--model.latents", "32"],
    "512-512": ["--model.hidden", "512,512"],
    "640-640": ["--model.hidden", "640,640"],
    "448-448-448": ["--model.hidden", "448,448,448"],
    "512-512-512": ["--model.hidden", "512,512,512"],
    "conv": ["--preset", "conv"],
    "fast": ["--preset", "fast"],
    "quality": ["--preset", "quality"],
    "conv 32-64": ["--model.arch", "conv", "--model.channels", "32", "64"],
    "conv, subpixel": ["--model.arch", "conv", "--model.upsampling", "subpixel"],
    "conv, residual": ["--model.arch", "conv", "--model.blocks", "1"],
}

SAMPLES = 500
"""Digits of each class."""


def measure(name: str, folder: Path, data: list[str], classify: Classify) -> dict[str, Any]:
    """Train a configuration and measure what came out."""
    run = folder / name.replace(" ", "-").replace(",", "")
    command = [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *data, *CONFIGURATIONS[name]]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with open(run / "events.jsonl", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    metrics = [event for event in events if event["type"] == "metrics"]
    evaluated = {event["split"]: event for event in events if event["type"] == "evaluated"}
    row = {
        "name": name,
        "wall": metrics[-1]["time"] - metrics[0]["time"],
        "training": sum(event["seconds"] for event in metrics),
        "validation": evaluated["validation"]["loss"],
        "test": evaluated["test"]["loss"],
        "kl": evaluated["test"]["kl"],
        "active": evaluated["test"]["active_units"],
    }
    model = open_model(run)
    labels = np.repeat(np.arange(10, dtype=np.int32), SAMPLES)
    for temperature in (1.0, 0.8):
        images = model.sample(labels, temperature=temperature, seed=0)
        row[f"fidelity {temperature:g}"] = 100 * float((classify(images) == labels).mean())
        row[f"distance {temperature:g}"] = distance(images.reshape(10, SAMPLES, 28, 28))
    return row


def measure_torch(python: Path, folder: Path, dataset: Dataset) -> dict[str, Any]:
    """Train PyTorch's example on the same images, and test it on the same."""
    assert dataset.test is not None
    file = folder / "images.npz"
    np.savez(file, images=dataset.train.images, labels=dataset.train.labels, test_images=dataset.test.images)
    result = subprocess.run([str(python), str(TORCH_EXAMPLE), str(file)], check=True, capture_output=True, text=True)
    found = json.loads(result.stdout.splitlines()[-1])
    return {"name": "PyTorch's example", "wall": found["seconds"], "test": found["test"], "kl": found["kl"]}


def distance(images: UInt8[np.ndarray, "classes n 28 28"]) -> float:
    """The mean Euclidean distance between two images of a class, intensities 0..1."""
    found = []
    for flat in images.reshape(*images.shape[:2], -1)[:, :200].astype(np.float64) / 255.0:
        squares = (flat**2).sum(axis=1)
        pairs = squares[:, None] + squares - 2 * flat @ flat.T
        found.append(np.sqrt(np.maximum(pairs, 0))[np.triu_indices(len(flat), 1)].mean())
    return float(np.mean(found))


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS))
    parser.add_argument("--data-dir")
    parser.add_argument("--torch-python", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    dataset = load_dataset(DataConfig(name="mnist", dir=options.data_dir), lambda *_: None)
    assert dataset.test is not None
    classify = train_classifier(dataset.train)
    accuracy = 100 * float((classify(dataset.test.images) == dataset.test.labels).mean())
    real = distance(np.stack([dataset.test.images[dataset.test.labels == label][:SAMPLES] for label in range(10)]))
    print(f"classifier: {accuracy:.2f} % of the test set; real digits are {real:.2f} apart within a class")
    print(
        f"{'configuration':18}{'wall s':>8}{'valid':>8}{'test':>8}{'KL':>7}{'active':>8}"
        f"{'T=1 %':>8}{'apart':>7}{'T=0.8 %':>9}{'apart':>7}"
    )
    data = ["--data.name", "mnist", *(["--data.dir", options.data_dir] if options.data_dir else [])]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            row = measure(name, Path(folder), data, classify)
            rows.append(row)
            print(
                f"{name:18}{row['wall']:8.1f}{row['validation']:8.2f}{row['test']:8.2f}{row['kl']:7.2f}"
                f"{row['active']:8}{row['fidelity 1']:8.2f}{row['distance 1']:7.2f}{row['fidelity 0.8']:9.2f}"
                f"{row['distance 0.8']:7.2f}",
                flush=True,
            )
        if options.torch_python:
            rows.append(measure_torch(options.torch_python, Path(folder), dataset))
            row = rows[-1]
            print(f"{row['name']:18}{row['wall']:8.1f}{'':8}{row['test']:8.2f}{row['kl']:7.2f}")
    if options.json:
        options.json.write_text(json.dumps({"classifier": accuracy, "real distance": real, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
