"""`vae-tui eval`: a checkpoint measured on a whole split."""

from __future__ import annotations

from typing import Literal

from ...core.config import ParamsSource
from ...core.data import load_dataset
from ...core.errors import UsageError
from .listing import showing_progress
from .open_model import open_run


def evaluate_run(
    name: str,
    split: Literal["train", "validation", "test"],
    *,
    checkpoint: str,
    source: ParamsSource,
    iw_samples: int,
) -> None:
    """Print the loss and its parts. Nothing is written into the run.

    Raises:
        UsageError: when there is no such run, checkpoint or split.
    """
    if iw_samples < 0:
        raise UsageError(f"--iw-samples is {iw_samples}; it must be zero or a positive number")
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    with showing_progress() as report:
        dataset = load_dataset(model.config.data, report)
    images = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[split]
    if images is None:
        raise UsageError(f"the data set {dataset.name} has no {split} split; it has train and validation")
    found = model.evaluate(images, split, iw_samples=iw_samples)
    print(f"run             {run}, step {found.step}")
    print(f"data            {dataset.name}, {split}, {len(images)} images")
    print(f"loss            {found.loss:.4f} nats per image: the negative evidence lower bound")
    print(f"reconstruction  {found.reconstruction:.4f} nats per image: the distortion")
    print(f"kl              {found.kl:.4f} nats per image: the rate")
    print(f"active units    {found.active_units} of {model.config.model.latents} latent dimensions")
    if found.iw_bound is not None:
        print(f"iw bound        {found.iw_bound:.4f} nats per image: importance-weighted, {iw_samples} samples")
