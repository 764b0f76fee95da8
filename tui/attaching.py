"""`vae-tui attach`: the screen on a run that another process trains."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.config import Config
from ..core.errors import UsageError
from ..core.events import Ended, Failed
from ..core.live.client import RunClient
from ..core.live.sockets import connect
from ..core.rundir import is_locked, read_config, view_log_path
from .child import ScreenError
from .parting import error_of, words_after, words_while_live
from .session import READER, VIEWER, AttachedSession, Detached, Role
from .supervisor import Supervisor, is_in_browser
from .terminal import HUNG_UP, INTERRUPTED, output_to, why_no_screen

if TYPE_CHECKING:  # the process that waits for the screen does without Textual
    from .options import ScreenOptions


def attach(path: Path, *, readonly: bool, options: ScreenOptions) -> int:
    """Show a live run until the user leaves or it ends. Returns the exit code.

    Args:
        path: The run's directory.
        readonly: Nothing can be changed from this screen.
        options: How to show it.

    Raises:
        UsageError: when the run is not live, or the screen cannot be shown here.
        TrainingError: when training failed meanwhile.
        ScreenError: when the screen has failed; it says whether training goes on.
    """
    reason = "" if is_in_browser() else why_no_screen()
    if reason:
        raise UsageError(f"{reason}: a run can be attached to only where the screen can be shown")
    config, connection = read_config(path), connect(path)
    client = RunClient(connection, readonly=readonly)
    show = partial(show_run, path, config, client, READER if readonly else VIEWER, options)
    if is_in_browser():
        show()
        return 0
    try:
        with Supervisor() as supervisor:
            last = supervisor.show(show, handed=connection)
    except ScreenError as error:
        raise ScreenError(f"{error}\n{_words_now(path)}") from error
    if supervisor.hung_up:
        return HUNG_UP
    match last:
        case Failed():
            raise error_of(path, last)
        case Ended():
            print(words_after(path, last))
            return 0
    print(_words_now(path))
    return 0 if isinstance(last, Detached) else INTERRUPTED


def show_run(
    path: Path, config: Config, client: RunClient, role: Role, options: ScreenOptions
) -> Ended | Failed | Detached | None:
    """Run the app on a live run, in the process that has the terminal. Returns what the app does.

    Args:
        path: The run's directory.
        config: The run's configuration.
        client: The connection to who trains it.
        role: What the screen may do.
        options: How to show it.

    Raises:
        ScreenError: when the app has failed.
    """
    from .app import VaeTuiApp

    log = view_log_path(path)
    with output_to(log):
        app = VaeTuiApp(AttachedSession(path, client, role), run_path=path, config=config, options=options)
        last = app.run(mouse=options.mouse)
    if app.return_code:
        raise ScreenError(f"the screen has failed; {log} says how")
    return last


def _words_now(path: Path) -> str:
    return words_while_live(path) if is_locked(path) else words_after(path, None)
