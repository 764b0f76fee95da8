"""The commands for what a run has learned: digits, measurements, files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from .parameters import Run
from .screen_flags import Screen, ScreenFlags, screen_options_of


def sample(
    run: Run,
    /,
    *,
    label: int | None = None,
    count: int | None = None,
    temperature: float = 0.8,
    seed: int = 0,
    checkpoint: str = "latest",
    raw: bool = False,
    png: Path | None = None,
    npz: Path | None = None,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Draw digits from a run's checkpoint. On a terminal, without --count and a file, the sampling studio opens.

    Parameters
    ----------
    label:
        The class to draw (default: each class).
    count:
        Digits of each class (10 where they go to a file or a pipe).
    temperature:
        Standard deviation of the noise that latents are made from (1: the prior).
    seed:
        Seed of the latents.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Draw with the parameters of that very step, not with their moving average.
    png:
        Write the digits as a picture.
    npz:
        Write them as NumPy arrays: images uint8 [N,28,28] and labels.
    """
    from ..process.terminal import why_no_screen

    if count is None and png is None and npz is None and not why_no_screen():
        from ..studio import Start
        from .view_run import open_studio

        start = Start(label or 0, seed, temperature)
        return open_studio(run, checkpoint=checkpoint, start=start, options=screen_options_of(screen))
    from .sample import draw

    draw(
        run,
        label=label,
        count=10 if count is None else count,
        temperature=temperature,
        seed=seed,
        checkpoint=checkpoint,
        source="raw" if raw else "ema",
        png=png,
        npz=npz,
    )
    return 0


def evaluate(
    run: Run,
    /,
    *,
    split: Literal["test", "validation", "train"] = "test",
    checkpoint: str = "latest",
    raw: bool = False,
    iw_samples: int = 0,
) -> None:
    """Measure a run's checkpoint on a whole split, in nats per image.

    Parameters
    ----------
    split:
        The part of the data set.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Measure the parameters of that very step, not their moving average.
    iw_samples:
        Latents an image for the importance-weighted bound (0: leave it out).
    """
    from .evaluate import evaluate_run

    evaluate_run(run, split, checkpoint=checkpoint, source="raw" if raw else "ema", iw_samples=iw_samples)


def export(
    run: Run,
    /,
    *,
    safetensors: Path | None = None,
    csv: Path | None = None,
    checkpoint: str = "latest",
    raw: bool = False,
) -> None:
    """Write a run's parameters or metrics as files for other programs.

    Parameters
    ----------
    safetensors:
        Write the parameters of a checkpoint, with the configuration.
    csv:
        Write the metrics, one row a step.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Write the parameters of that very step, not their moving average.
    """
    from .export import export as export_run

    export_run(run, safetensors=safetensors, csv=csv, checkpoint=checkpoint, source="raw" if raw else "ema")
