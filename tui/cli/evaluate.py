"""`vae-tui eval`: evaluate a checkpoint on a split."""

from __future__ import annotations

from ...core.config import SplitName
from ...core.data import load_dataset
from ...core.errors import UsageError
from ...core.text import count
from .open_model import open_run
from .parameters import Run
from .printing import print_text
from .progress_report import showing_progress


def evaluate(
    run: Run,
    /,
    *,
    split: SplitName = "test",
    checkpoint: str = "latest",
    raw: bool = False,
    iw_samples: int = 0,
) -> None:
    """Print a checkpoint's loss and its parts, in nats per image. The run itself is not changed.

    Parameters
    ----------
    split:
        The part of the data set.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
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
    print_text(f"loss            {found.loss:.4f} nats per image: the negative evidence lower bound")
    print_text(f"reconstruction  {found.reconstruction:.4f} nats per image: the distortion")
    print_text(f"kl              {found.kl:.4f} nats per image: the rate")
    print_text(f"active units    {found.active_units} of {model.config.model.latents} latent dimensions")
    if found.iw_bound is not None:
        print_text(
            f"iw bound        {found.iw_bound:.4f} nats per image: importance-weighted, {count(iw_samples)} samples"
        )
