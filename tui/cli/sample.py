"""`vae-tui sample`: draw samples from a checkpoint, on the terminal and to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import CheckpointError
from ...core.run import checkpoint_steps, find_run
from ..process.terminal import why_no_screen
from .parameters import Run
from .screen_flags import Screen, ScreenFlags, screen_options_of
from .view_run import view_run

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions
    from ..studio.studio_state import Start


def sample(
    run: Run,
    /,
    *,
    label: int | None = None,
    count: int | None = None,
    temperature: float = 0.8,
    seed: int = 0,
    checkpoint: str = "best",
    raw: bool = False,
    png: Path | None = None,
    npz: Path | None = None,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Open the studio on a run, or print samples and write them to files. Return the exit code.

    Parameters
    ----------
    label:
        The class to draw (default: each class).
    count:
        Samples per class (default: 10, where the studio does not open).
    temperature:
        Standard deviation of the noise that the latents are made from (1: the prior).
    seed:
        Seed of the latents.
    checkpoint:
        best (lowest validation loss), latest, or a step.
    raw:
        Draw with the raw parameters of that step, not with their moving average.
    png:
        Write the samples as a picture.
    npz:
        Write them as NumPy arrays: images uint8 [N,height,width], in color [N,height,width,3], and labels.
    """
    if count is None and png is None and npz is None and not why_no_screen():
        from ..studio.studio_state import Start

        start = Start(label or 0, seed, temperature)
        return open_studio(run, checkpoint=checkpoint, start=start, options=screen_options_of(screen))
    from .print_samples import print_samples

    print_samples(
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


def open_studio(name: str, *, checkpoint: str, start: Start, options: ScreenOptions) -> int:
    """Open the studio on a run, above the run's panels. Return the exit code.

    Args:
        name: The run.
        checkpoint: "best", "latest" or a step.
        start: Where the studio begins.
        options: The options of the screen.

    Raises:
        UsageError: when there is no such run or checkpoint.
        TrainingError: when the run cannot be shown.
    """
    path = find_run(name)
    if not checkpoint_steps(path):
        raise CheckpointError(
            f"{path} has no checkpoints yet; one is written at the end of an epoch, or with c in the app"
        )
    return view_run(path, checkpoint=checkpoint, options=options, studio=start)
