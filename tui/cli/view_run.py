"""Show a run that is not being trained, perhaps in the studio."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import CheckpointError, TrainingError, UsageError
from ...core.protocol import Failed
from ...core.run import checkpoint_steps, read_config
from ..app.screen_process import view
from ..process.supervisor import supervise

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions
    from ..studio.studio_state import Start


def view_run(
    path: Path, *, checkpoint: str, options: ScreenOptions, speed: float | None = None, studio: Start | None = None
) -> int:
    """Show a recorded run until the user leaves. Return the exit code.

    Args:
        path: The run's directory.
        checkpoint: The checkpoint to draw samples with at the end: "best", "latest" or a step.
        options: The options of the screen.
        speed: Play the run from its start, this many times as fast as it was; None: show all of it at once.
        studio: Where to open the studio, in front of the panels; None: do not open it.

    Raises:
        CheckpointError: when there is no such checkpoint.
        TrainingError: when the run cannot be shown.
    """
    steps = checkpoint_steps(path)
    if checkpoint not in ("latest", "best", *map(str, steps)):
        there = ", ".join(map(str, steps)) or "none"
        raise CheckpointError(f"there is no checkpoint {checkpoint} in {path / 'checkpoints'}; there are: {there}")
    return supervise(lambda: _show(path, checkpoint, options, speed, studio))


def _show(path: Path, checkpoint: str, options: ScreenOptions, speed: float | None, studio: Start | None) -> int:
    """Run the app, in the process that owns the terminal. Return the exit code."""
    from ..app.replay_app import ReplayApp
    from ..session.replay import ReplaySession

    session = ReplaySession(path, checkpoint=checkpoint, speed=speed)
    last = view(ReplayApp, session, path, read_config(path), options, studio)
    if isinstance(last, Failed):
        raise (UsageError if last.usage else TrainingError)(last.message)
    return 0
