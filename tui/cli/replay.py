"""`vae-tui replay`: show a run that is over, whole or played from its start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...core.errors import RunError, UsageError
from ...core.run import find_run, is_locked
from ...core.text import shell_path
from ..process.supervisor import is_in_browser
from ..process.terminal import why_no_screen
from .parameters import Run
from .screen_flags import Screen, ScreenFlags, screen_options_of
from .view_run import view_run

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions


def replay(
    run: Run,
    /,
    *,
    speed: float | None = None,
    checkpoint: str = "best",
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Replay a run. Return the exit code.

    Parameters
    ----------
    speed:
        Play the run from its start, this many times as fast as it was (default: show all of it at once).
    checkpoint:
        The checkpoint to draw samples with at the end: best (lowest validation loss), latest, or a step.
    """
    return open_replay(run, speed=speed, checkpoint=checkpoint, options=screen_options_of(screen))


def open_replay(name: str, *, speed: float | None, checkpoint: str, options: ScreenOptions) -> int:
    """Show the panels on a run that is over. Return the exit code.

    Args:
        name: The run.
        speed: Play the run from its start, this many times as fast as it was; None: show all of it at once.
        checkpoint: The checkpoint to draw samples with at the end: "best", "latest" or a step.
        options: The options of the screen.

    Raises:
        UsageError: when there is no such run or checkpoint, the run is live, or there is no terminal to show it in.
        TrainingError: when the run cannot be shown.
    """
    path = find_run(name)
    if is_locked(path):
        raise RunError(f"{path} is being trained; `vae-tui attach {shell_path(path)}` shows it")
    if speed is not None and not (math.isfinite(speed) and speed > 0):
        raise UsageError(f"--speed must be a number above 0, for instance 16; it is {speed:g}")
    reason = "" if is_in_browser() else why_no_screen()
    if reason:
        raise UsageError(f"{reason}, so a replay cannot be shown; `vae-tui export {shell_path(path)}` writes files")
    return view_run(path, checkpoint=checkpoint, speed=speed, options=options)
