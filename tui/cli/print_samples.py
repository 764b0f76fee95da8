"""Print samples on the terminal and write them to files, without the app."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from jaxtyping import Int32, UInt8
from rich.console import Console

from ...core import text
from ...core.config import ParamsSource
from ...core.errors import UsageError
from ...core.files import output_file
from ...core.run import encode_png, image_grid
from .open_model import open_run
from .output_files import check_output_paths, writing
from .picture_text import as_text, in_rows
from .printing import print_text

MAX_SAMPLES = 100_000
"""Samples of one command, at most: they are in memory at the same time."""


def print_samples(
    name: str,
    *,
    label: int | None,
    count: int,
    temperature: float,
    seed: int,
    checkpoint: str,
    source: ParamsSource,
    png: Path | None,
    npz: Path | None,
) -> None:
    """Draw samples, print them, and write the requested files.

    Args:
        name: The run's directory, its name below runs/, or "latest".
        label: The class; None: each class.
        count: Samples per class.
        temperature: Standard deviation of the noise that the latents are made from.
        seed: Seed of the latents.
        checkpoint: "best", "latest" or a step.
        source: Averaged ("ema") or raw parameters.
        png: The file for a picture of the samples; None: none.
        npz: The file for the samples as arrays; None: none.

    Raises:
        UsageError: when there is no such run, checkpoint or class, or a file cannot be written.
    """
    if count < 1:
        raise UsageError(f"--count is {count}; it must be at least 1 sample")
    if not (math.isfinite(temperature) and temperature >= 0):
        raise UsageError(f"--temperature is {temperature}; it must be zero or a positive number")
    if not 0 <= seed < 2**32:
        raise UsageError(f"--seed is {seed}; it must be a whole number from 0 to 4294967295")
    check_output_paths(png, npz)
    if count > MAX_SAMPLES:
        raise UsageError(_too_many(count))
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    classes = range(len(model.class_names)) if label is None else [label]
    if count * len(classes) > MAX_SAMPLES:
        raise UsageError(_too_many(count * len(classes)))
    labels = np.repeat(np.array(classes, np.int32), count)
    images = model.sample(labels, temperature=temperature, seed=seed)
    if png is not None:
        # One row per class; a single class fills a square.
        columns = count if label is None else math.ceil(math.sqrt(count))
        with writing(png), output_file(png) as file:
            file.write(encode_png(image_grid(in_rows(images, columns))))
    if npz is not None:
        with writing(npz), output_file(npz) as file:
            file.write(encode_npz(images, labels))
    console = Console()
    fitting = max(1, console.width // images.shape[2])
    shown = images if label is not None else _first_of_each(images, count, fitting)
    console.print(as_text(in_rows(shown, min(count, fitting)), console), end="", crop=False)
    print_text(f"{text.count(len(images))} samples from step {text.count(model.step)} of {run}")
    for path in (png, npz):
        if path is not None:
            print_text(f"written to {path}")


def _too_many(samples: int) -> str:
    return (
        f"--count asks for {samples:,} samples, and one command draws at most {MAX_SAMPLES:,};"
        " draw fewer of them, or draw them in parts with different --seed"
    )


def _first_of_each(
    images: UInt8[np.ndarray, "n height width *channels"], count: int, most: int
) -> UInt8[np.ndarray, "shown height width *channels"]:
    """Return at most some images of each class, given `count` of each."""
    shape = images.shape[1:]
    return images.reshape(-1, count, *shape)[:, :most].reshape(-1, *shape)


def encode_npz(images: UInt8[np.ndarray, "n height width *channels"], labels: Int32[np.ndarray, " n"]) -> bytes:
    """Return the bytes of a compressed NumPy file with `images` and `labels`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=images, labels=labels)
    return buffer.getvalue()
