"""A run that is not being trained on the screen: its panels, as a whole or played, and the studio."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import CheckpointError, RunError, TrainingError, UsageError
from ...core.protocol import Failed
from ...core.run import checkpoint_steps, find_run, is_locked, read_config, view_log_path
from ..app.screen_process import view
from ..process.supervisor import is_in_browser, supervise
from ..process.terminal import output_to, why_no_screen

if TYPE_CHECKING:  # the process that waits for the screen does without Textual
    from ..app.screen_options import ScreenOptions
    from ..studio import Start

END_SECONDS = 2.0
"""How long the session has to let go of the run when the screen is closed."""


def open_studio(name: str, *, checkpoint: str, start: Start, options: ScreenOptions) -> int:
    """Open the studio on a run; behind it are the run's panels. Returns the exit code.

    Args:
        name: The run.
        checkpoint: "latest", "best" or a step.
        start: Where to begin.
        options: How to show it.

    Raises:
        UsageError: when there is no such run or checkpoint.
        TrainingError: when the run cannot be shown.
    """
    path = find_run(name)
    if not checkpoint_steps(path):
        raise CheckpointError(
            f"{path} has no checkpoints yet; one is written at the end of an epoch, or with c in the app"
        )
    return _supervise(path, checkpoint=checkpoint, speed=None, options=options, studio=start)


def open_replay(name: str, *, speed: float | None, checkpoint: str, options: ScreenOptions) -> int:
    """Open the panels on a run that is over. Returns the exit code.

    Args:
        name: The run.
        speed: Play it from its start, so many times as fast as it was; None: show all of it at once.
        checkpoint: What to draw with at the end: "latest", "best" or a step.
        options: How to show it.

    Raises:
        UsageError: when there is no such run or checkpoint, the run is live, or there is no terminal to show it in.
        TrainingError: when the run cannot be shown.
    """
    path = find_run(name)
    if is_locked(path):
        raise RunError(f"{path} is being trained; `vae-tui attach {shlex.quote(name)}` shows it")
    if speed is not None and not (math.isfinite(speed) and speed > 0):
        raise UsageError(f"--speed must be a number above 0, for instance 16; it is {speed:g}")
    reason = "" if is_in_browser() else why_no_screen()
    if reason:
        raise UsageError(f"{reason}, so a replay cannot be shown; `vae-tui export {shlex.quote(name)}` writes files")
    return _supervise(path, checkpoint=checkpoint, speed=speed, options=options, studio=None)


def _supervise(
    path: Path, *, checkpoint: str, speed: float | None, options: ScreenOptions, studio: Start | None
) -> int:
    steps = checkpoint_steps(path)
    if checkpoint not in ("latest", "best", *map(str, steps)):
        there = ", ".join(map(str, steps)) or "none"
        raise CheckpointError(f"there is no checkpoint {checkpoint} in {path / 'checkpoints'}; there are: {there}")

    return supervise(lambda: _show(path, checkpoint=checkpoint, speed=speed, options=options, studio=studio))


def _show(path: Path, *, checkpoint: str, speed: float | None, options: ScreenOptions, studio: Start | None) -> int:
    """Run the app, in the process that has the terminal."""
    from ..app.replay_app import ReplayApp
    from ..control import ReplaySteering
    from ..session.replay import ReplaySession

    session, log = ReplaySession(path, checkpoint=checkpoint, speed=speed), view_log_path(path)
    with output_to(log):
        app = ReplayApp(
            session,
            run_path=path,
            config=read_config(path),
            options=options,
            studio=studio,
            steering=ReplaySteering,
        )
        try:
            last = view(app, options, log)
        finally:
            session.close(END_SECONDS)
    if isinstance(last, Failed):
        raise (UsageError if last.usage else TrainingError)(last.message)
    return 0
