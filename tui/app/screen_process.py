"""Run an app in the process that owns the terminal."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ...core.comparison import ComparedRun
from ...core.config import Config
from ...core.protocol import Ended, Failed, Stop
from ...core.run import user_log_path, view_log_path
from ..process.child import ScreenError
from ..process.exit_codes import HUNG_UP, INTERRUPTED
from ..process.signals import STOPPING, Request, SignalThread, StopSignals
from ..process.supervisor import is_in_browser
from ..process.terminal import end_process, output_to
from ..session import Detached, HungUp, Session

if TYPE_CHECKING:  # the supervisor does not import Textual
    from ..screens.browse_screen import Wanted
    from ..state import Browsing
    from ..studio.studio_state import Start
    from .app import VaeTuiApp
    from .screen_options import ScreenOptions
    from .terminal_app import TerminalApp

T = TypeVar("T")

APP_SIGNALS = (*STOPPING, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT)
"""The signals that a process with an app handles."""

END_SECONDS = 2.0
"""Time for a session to end after its screen is closed."""

Outcome = Ended | Failed | Detached | HungUp | None
"""How an app has ended."""


def view(
    app_class: type[VaeTuiApp],
    session: Session,
    run_path: Path,
    config: Config,
    options: ScreenOptions,
    studio: Start | None = None,
) -> Outcome:
    """Show a run that this process does not train. Return how the app ended.

    Args:
        app_class: The class of the app.
        session: The session to show; it is ended if it does not outlive the screen.
        run_path: The run's directory, in whose log of screens standard output and error are written.
        config: The run's configuration.
        options: The options of the screen.
        studio: Where to open the studio, in front of the panels; None: do not open it.

    Raises:
        ScreenError: when the app failed.
    """
    log = view_log_path(run_path)
    with output_to(log):
        app = app_class(session, run_path=run_path, config=config, options=options, studio=studio)
        try:
            return _run_with_signals(app, options, log)
        finally:
            if not session.role.outlives:
                session.send(Stop())
                session.join(END_SECONDS)


def view_comparison(runs: Sequence[ComparedRun], options: ScreenOptions) -> None:
    """Show a comparison of runs until the user leaves.

    Args:
        runs: The runs; what is printed goes to the first one's log of screens.
        options: The options of the screen.

    Raises:
        ScreenError: when the app failed.
    """
    from .compare_app import CompareApp

    log = view_log_path(runs[0].path)
    with output_to(log):
        _run_with_signals(CompareApp(runs, options), options, log)


def view_runs(base: Path, options: ScreenOptions, browsing: Browsing | None, notice: str) -> Wanted | None:
    """Show the runs of a folder until the user leaves, or wants to do something with one of them.

    Args:
        base: The folder.
        options: The options of the screen.
        browsing: What to show at first; None: the newest runs.
        notice: A message to show at first, or empty.

    Returns:
        What the user wants; None after a signal.

    Raises:
        ScreenError: when the app failed.
    """
    from ...core.library import RunLibrary
    from ..state import Browsing
    from .browse_app import BrowseApp

    log = user_log_path("runs.view.log")
    with output_to(log):
        app = BrowseApp(RunLibrary(base), options, browsing or Browsing(), notice)
        return _run_with_signals(app, options, log)


def _run_with_signals(app: TerminalApp[T], options: ScreenOptions, log: Path) -> T | None:
    """Run an app that does not train, and handle this process's signals."""
    handler = partial(_handle_signal, app.handle_signal, StopSignals())
    with contextlib.nullcontext() if is_in_browser() else SignalThread(handler, APP_SIGNALS):
        return run_app(app, options, log)


def run_app(app: TerminalApp[T], options: ScreenOptions, log: Path) -> T | None:
    """Run an app to its end. Return how it ended.

    Raises:
        ScreenError: when the app failed.
    """
    last = app.run(mouse=options.mouse)
    if app.return_code:
        raise ScreenError(f"the screen has failed; details are in {log}")
    return last


def _handle_signal(tell_app: Callable[[signal.Signals], None], stops: StopSignals, number: signal.Signals) -> None:
    """Handle a signal to a process that does not train: ending it loses nothing."""
    if number == signal.SIGHUP:
        end_process(HUNG_UP)
    if number not in STOPPING:
        tell_app(number)
        return
    match stops.count(number):
        case Request.STOP:
            tell_app(number)
        case Request.END:
            end_process(INTERRUPTED)
