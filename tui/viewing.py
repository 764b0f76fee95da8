"""A saved run on the screen: its panels, and the studio."""

from __future__ import annotations

from ..core.config import load_config
from ..core.errors import TrainingError, UsageError
from ..core.events import Failed
from ..core.rundir import find_run
from .app import VaeTuiApp
from .options import ScreenOptions
from .saved import SavedSession
from .studio.state import Start
from .terminal import output_to


def open_studio(name: str, *, checkpoint: str, start: Start, options: ScreenOptions) -> None:
    """Open the studio on a run that is not being trained; behind it are the run's panels.

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
    session = SavedSession(path, checkpoint=checkpoint)
    with output_to(path / "view.log"):
        app = VaeTuiApp(session, run_path=path, config=load_config(path / "config.json"), options=options, studio=start)
        last = app.run(mouse=options.mouse)
    if isinstance(last, Failed):
        raise (UsageError if last.usage else TrainingError)(last.message)
