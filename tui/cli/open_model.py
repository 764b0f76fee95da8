"""Open a run's model, for the commands that only read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...core.config import ParamsSource
from ...core.run import find_run
from .printing import print_text

if TYPE_CHECKING:
    from ...core.inference.saved_run import TrainedModel


def open_run(name: str, *, checkpoint: str, source: ParamsSource) -> tuple[Path, TrainedModel]:
    """Find a run and read its model.

    Importing JAX takes seconds, so a wrong name is refused before that.

    Args:
        name: The run's directory, its name below runs/, or "latest".
        checkpoint: "best", "latest" or a step.
        source: Averaged ("ema") or raw parameters.

    Returns:
        The run's directory and the model.

    Raises:
        UsageError: when there is no such run or checkpoint.
    """
    run = find_run(name)
    from ...core.learning.start_jax import start_jax

    start_jax()
    from ...core.inference.saved_run import open_model

    return run, open_model(run, checkpoint=checkpoint, source=source, warn=warn)


def warn(text: str) -> None:
    """Tell the user what a command does without, in one line."""
    print_text(f"vae-tui: {text}", error=True)
