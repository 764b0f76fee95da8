"""Run an app in the process that owns the terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.protocol import Ended, Failed
from ..process.child import ScreenError
from ..process.exit_codes import HUNG_UP, INTERRUPTED
from ..process.signals import STOPPING, Request, SignalThread, StopSignals
from ..process.supervisor import is_in_browser
from ..process.terminal import end_process
from ..session import Detached, HungUp

if TYPE_CHECKING:  # the supervisor does not import Textual
    from .app import VaeTuiApp
    from .screen_options import ScreenOptions

APP_SIGNALS = (*STOPPING, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT)
"""The signals that a process with an app handles."""

Outcome = Ended | Failed | Detached | HungUp | None
"""How an app has ended."""


def view(app: VaeTuiApp, options: ScreenOptions, log: Path) -> Outcome:
    """Run an app that only shows a run. Return how the app ended.

    Args:
        app: The app.
        options: How to show it.
        log: The file that standard output and error go to.

    Raises:
        ScreenError: when the app failed.
    """
    if is_in_browser():
        return run_app(app, options, log)
    with SignalThread(partial(_handle_signal, app.handle_signal, StopSignals()), APP_SIGNALS):
        return run_app(app, options, log)


def run_app(app: VaeTuiApp, options: ScreenOptions, log: Path) -> Outcome:
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
