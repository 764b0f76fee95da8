"""`vae-tui eval`: a checkpoint measured on a whole split."""

from __future__ import annotations

from typing import Literal

from ..core.commands import ParamsSource
from ..core.data import load_dataset
from ..core.errors import UsageError
from .listing import showing_progress
from .trained import open_run


def evaluate_run(
    name: str, split: Literal["train", "validation", "test"], *, checkpoint: str, source: ParamsSource
) -> None:
    """Print the loss and its parts. Nothing is written into the run.

    Raises:
        UsageError: when there is no such run, checkpoint or split.
    """
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    with showing_progress() as report:
        dataset = load_dataset(model.config.data, report)
    images = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}[split]
    if images is None:
        raise UsageError(f"the data set {dataset.name} has no {split} split; it has train and validation")
    found = model.evaluate(images, split)
    print(f"run             {run}, step {found.step}")
    print(f"data            {dataset.name}, {split}, {len(images)} images")
    for part in ("loss", "reconstruction", "kl"):
        print(f"{part:<16}{getattr(found, part):.4f} nats per image")
