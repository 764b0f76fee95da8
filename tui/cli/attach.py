"""`vae-tui attach`: show a run that another process trains."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.config import Config
from ...core.errors import UsageError
from ...core.live import RunClient, connect
from ...core.protocol import Ended, Failed
from ...core.run import read_config
from ..app.screen_process import Outcome, view
from ..process.child import ScreenError
from ..process.exit_codes import HUNG_UP, INTERRUPTED
from ..process.supervisor import Supervisor, is_in_browser
from ..process.terminal import why_no_screen
from ..session import READER, VIEWER, AttachedSession, Detached, Role
from .choose_run import live_run
from .outcome import error_of, lines_now, lines_when_over
from .parameters import LiveRun
from .printing import print_text
from .screen_flags import Screen, ScreenFlags, screen_options_of

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..app.screen_options import ScreenOptions


def attach(
    run: LiveRun = None,
    /,
    *,
    readonly: bool = False,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Attach to a live run. Return the exit code.

    Parameters
    ----------
    readonly:
        Watch the run, and change nothing.
    """
    return show_live_run(live_run(run), readonly=readonly, options=screen_options_of(screen))


def show_live_run(path: Path, *, readonly: bool, options: ScreenOptions) -> int:
    """Show a live run until it ends or is left. Return the exit code.

    Args:
        path: The run's directory.
        readonly: Whether the screen may not change the run.
        options: The options of the screen.

    Raises:
        UsageError: when the run is not live, or the screen cannot be shown here.
        TrainingError: when training failed.
        ScreenError: when the screen failed; its message includes whether training continues.
    """
    reason = "" if is_in_browser() else why_no_screen()
    if reason:
        raise UsageError(f"{reason}: attach from a terminal that can show the screen")
    config, connection = read_config(path), connect(path)
    client = RunClient(connection, readonly=readonly)
    show = partial(_show, path, config, client, READER if readonly else VIEWER, options)
    if is_in_browser():
        show()
        return 0
    try:
        with Supervisor() as supervisor:
            last = supervisor.show(lambda pipe: show(), handed=connection)
    except ScreenError as error:
        raise ScreenError(f"{error}\n{lines_now(path)}") from error
    if supervisor.hung_up:
        return HUNG_UP
    match last:
        case Failed():
            raise error_of(path, last)
        case Ended():
            print_text(lines_when_over(path, last))
            return 0
    print_text(lines_now(path))
    return 0 if isinstance(last, Detached) else INTERRUPTED


def _show(path: Path, config: Config, client: RunClient, role: Role, options: ScreenOptions) -> Outcome:
    """Run the app in the terminal's process. Return how it ended."""
    from ..app.app import VaeTuiApp

    return view(VaeTuiApp, AttachedSession(path, client, role), path, config, options)
