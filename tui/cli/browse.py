"""Browse the runs of a folder; a run that is opened from there leads back to it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import VaeTuiError
from ..process.exit_codes import HUNG_UP, INTERRUPTED
from ..process.supervisor import Supervisor, is_in_browser

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions
    from ..screens.browse_screen import Wanted
    from ..state import Browsing


def browse(base: Path, options: ScreenOptions) -> int:
    """Show the runs of a folder until the user leaves. Return the exit code."""
    browsing, notice = None, ""
    while True:
        show = partial(_show, base, options, browsing, notice)
        if is_in_browser():
            wanted = show()
        else:
            with Supervisor() as supervisor:
                wanted = supervisor.show(lambda pipe, show=show: show())
            if supervisor.hung_up:
                return HUNG_UP
        if wanted is None:
            return INTERRUPTED
        if wanted.action == "leave":
            return 0
        browsing, notice = wanted.browsing, ""
        try:
            code = _open(base, wanted, options)
        except VaeTuiError as error:
            if Supervisor.is_process_asked_to_end:
                raise
            notice = str(error)
        else:
            if code in (HUNG_UP, INTERRUPTED):
                return code
            if Supervisor.is_process_asked_to_end:
                return INTERRUPTED


def _show(base: Path, options: ScreenOptions, browsing: Browsing | None, notice: str) -> Wanted | None:
    """Run the app, in the process that owns the terminal. Return what the user wants; None after a signal."""
    from ..app.screen_process import view_runs

    return view_runs(base, options, browsing, notice)


def _open(base: Path, wanted: Wanted, options: ScreenOptions) -> int:
    """Do what the user wants. Return the exit code of the command that does the same."""
    paths = [base / name for name in wanted.runs]
    match wanted.action:
        case "attach":
            from .attach import show_live_run

            return show_live_run(paths[0], readonly=False, options=options)
        case "replay":
            from .replay import open_replay

            return open_replay(str(paths[0]), speed=None, checkpoint="best", options=options)
        case "resume":
            from .train import resume_on_screen

            return resume_on_screen(paths[0], steps=wanted.steps, options=options)
        case _:
            from .compare import compare_on_screen

            return compare_on_screen([str(path) for path in paths], options)
