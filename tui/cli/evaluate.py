"""`vae-tui eval`: evaluate a checkpoint on a split."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...core.config import ModelConfig, SplitName
from ...core.data import Split, load_dataset
from ...core.errors import UsageError
from ...core.protocol import Evaluated
from ...core.text import count
from ..state import bits_per_pixel
from .open_model import open_run
from .parameters import Run
from .printing import print_text
from .progress_report import showing_progress


def evaluate(
    run: Run,
    /,
    *,
    split: SplitName = "test",
    checkpoint: str = "best",
    raw: bool = False,
    iw_samples: int = 0,
) -> None:
    """Print a checkpoint's loss and its parts, in nats per image. The run itself is not changed.

    Parameters
    ----------
    split:
        The part of the data set.
    checkpoint:
        best (lowest validation loss), latest, or a step.
    raw:
        Evaluate the raw parameters of that step, not their moving average.
    iw_samples:
        Latents per image for the importance-weighted bound (0: skip it).
    """
    if iw_samples < 0:
        raise UsageError(f"--iw-samples is {iw_samples}; it must be zero or a positive number")
    path, model = open_run(run, checkpoint=checkpoint, source="raw" if raw else "ema")
    with showing_progress() as report:
        dataset = load_dataset(model.config.data, report)
    images = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[split]
    if images is None:
        raise UsageError(f"the data set {dataset.name} has no {split} split; it has train and validation")
    found = model.evaluate(images, split, iw_samples=iw_samples)
    print_text(f"run             {path}, step {count(found.step)}")
    print_text(f"data            {dataset.name}, {split}, {count(len(images))} images")
    for name, value, words in _figures(found, model.config.model, images, len(dataset.class_names), iw_samples):
        print_text(f"{name:16}{value:16}{words}")


def _figures(
    found: Evaluated, model: ModelConfig, images: Split, classes: int, iw_samples: int
) -> Iterator[tuple[str, str, str]]:
    """Yield each figure with its name and what it means."""
    from ...core.model.likelihoods import entropy_of_intensities

    error = f" ±{found.standard_error:.2f}" if found.standard_error is not None else ""
    yield "loss", f"{found.loss:.2f}{error}", "nats per image, ± standard error: the negative evidence lower bound"
    yield "reconstruction", f"{found.reconstruction:.2f}", "nats per image: the distortion"
    if model.likelihood == "bernoulli":
        floor = entropy_of_intensities(images.images)
        yield "floor", f"{floor:.2f}", "nats per image: the entropy of the gray levels, the least possible distortion"
    yield "kl", f"{found.kl:.2f}", "nats per image: the rate"
    if found.iw_bound is not None:
        words = f"nats per image: importance-weighted bound, {count(iw_samples)} samples"
        yield "iw bound", f"{found.iw_bound:.2f}", words
    bound = found.loss if found.iw_bound is None else found.iw_bound
    bits = bits_per_pixel(bound, images.images.shape[1:], model.likelihood)
    if bits is not None:
        yield "bits", f"{bits:.4f}", "bits per pixel, given the class"
    if classes > 1:
        words = f"nats per image: ln {count(classes)}, the most by which a loss without the given class would be higher"
        yield "class", f"{math.log(classes):.2f}", words
    yield "active latents", f"{found.active_units} of {model.latents}", "dimensions that tell images of a class apart"
