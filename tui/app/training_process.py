"""The process that trains a run: with the app in its main thread, or without a screen.

    main thread     the app, as long as there is a screen; then it waits for the training
    trainer         trains; takes commands, says events
    server          serves screens of other processes
    signals         stops the training or closes the screen, even where the app hangs

The end of the screen is never the end of the training: the process lets go of the terminal, tells its parent, and
trains on.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

from ...core.errors import RunError
from ...core.live.live_run import LiveRun
from ...core.protocol import Ended, Event, Failed, ModelReady
from ...core.run import RunDirectory
from ..process.child import Report, ReportPipe, ScreenError
from ..process.exit_codes import INTERRUPTED
from ..process.signals import STOPPING, Request, SignalThread, StopSignals
from ..process.terminal import Terminal, end_process, give_up_controlling_terminal, let_go_of_terminal, output_to
from ..session import Detached, HungUp
from .screen_process import APP_SIGNALS, Outcome, run_app

if TYPE_CHECKING:
    from ..process.supervisor import OnHangup
    from .app import VaeTuiApp
    from .screen_options import ScreenOptions

FOLLOW_SECONDS = 1.0
"""Time that the app has to follow the training to its end, and the training to follow the user who leaves at once."""

END_SECONDS = 10.0
"""How long a training may take to close its socket once it has failed."""

START_SECONDS = 10.0
"""How long a start in the background waits for a model to train: what is impossible has failed by then. Data may take
longer."""


def train_on_screen(
    run: RunDirectory, pipe: ReportPipe, *, resume: bool, note: str, on_hangup: OnHangup, options: ScreenOptions
) -> Ended | Failed | None:
    """Train a run and show it, in a fork of the process that took the run's lock.

    Args:
        run: The run.
        pipe: Tells the parent when the screen has ended before the training; this function does not return then.
        resume: Continue from the last checkpoint.
        note: What the user should know of the choice of the data set.
        on_hangup: Whether training goes on when the terminal is gone, or stops with a checkpoint.
        options: How to show it.

    Returns:
        The run's last event; None when the user left without waiting for it.

    Raises:
        RunError: when the run cannot be written, or viewers could not reach it. A new run is removed then.
    """
    from ..session import LocalSession
    from .app import VaeTuiApp

    with run, discarded_if_impossible(run, is_new=not resume), output_to(run.log_path) as terminal:
        run.sign()
        live = LiveRun(run, resume=resume, note=note)
        session = LocalSession(run.path, live)
        app = VaeTuiApp(session, run_path=run.path, config=run.config, options=options)
        screen = _Screen(app, session.close, live, pipe, on_hangup)
        with SignalThread(screen.handle_signal, APP_SIGNALS):
            outcome = screen.show(options, run)
            session.close()
            live.start()  # also where the screen has ended before it could
            if isinstance(outcome, Failed) and live.wait(END_SECONDS) is None:  # only what the screen shows has failed
                outcome = ScreenError(outcome.message)
            if isinstance(outcome, Ended | Failed) or screen.is_asked_to_end:
                return live.wait()
            if outcome is None:
                live.wait(FOLLOW_SECONDS)
                return None
            if isinstance(outcome, ScreenError) and live.wait(0) is not None:
                raise outcome
            _leave_terminal(terminal)
            pipe.send(_report_of(outcome))
            last = live.wait()
    return end_process(exit_code_of(last))


def train_in_background(run: RunDirectory, pipe: ReportPipe, *, resume: bool, note: str) -> NoReturn:
    """Train a run without a terminal, in a fork of the process that took the run's lock, and end the process.

    The parent is told once the model trains, or may take long to prepare; or the end, if that comes first.

    Args:
        run: The run.
        pipe: Tells the parent.
        resume: Continue from the last checkpoint.
        note: What the user should know of the choice of the data set.
    """

    def handle(event: Event) -> None:
        if isinstance(event, ModelReady):
            pipe.send(Report(Detached()))

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with run, discarded_if_impossible(run, is_new=not resume), output_to(run.log_path) as terminal:
        _leave_terminal(terminal)
        run.sign()
        live = LiveRun(run, resume=resume, note=note)
        live.subscribe(handle)
        with SignalThread(StopHandler(live).handle_signal, STOPPING):
            live.start()
            last = live.wait(START_SECONDS)
            if last is None:
                pipe.send(Report(Detached()))
                last = live.wait()
    pipe.send(Report(last))
    end_process(exit_code_of(last))


@contextlib.contextmanager
def discarded_if_impossible(run: RunDirectory, *, is_new: bool) -> Iterator[None]:
    """Remove a new run that cannot be written, or that viewers could not reach."""
    try:
        yield
    except RunError:
        if is_new:
            run.discard()
        raise


def exit_code_of(last: Ended | Failed | None) -> int:
    """Return the exit code of a process whose run has ended with this event."""
    match last:
        case Failed(usage=True):
            return 2
        case Failed():
            return 1
    return 0


class StopHandler:
    """Stops a run with a checkpoint at the first signal that asks for it, and ends the process at the second one.

    Args:
        live: The run.
    """

    def __init__(self, live: LiveRun) -> None:
        self.is_asked_to_end = False
        self._live = live
        self._stops = StopSignals()

    def handle_signal(self, number: signal.Signals) -> None:
        """Handle one of the STOPPING signals, in the signals' thread."""
        match self._stops.count(number):
            case Request.STOP:
                self.is_asked_to_end = True
                self._live.stop()
                self.stop()
            case Request.END:
                self.end()

    def stop(self) -> None:
        """Do what else the first signal asks for."""

    def end(self) -> None:
        """End the process at once."""
        end_process(INTERRUPTED)


class _Screen(StopHandler):
    """The app in this process: shows it, and closes it at a signal."""

    def __init__(
        self, app: VaeTuiApp, let_go: Callable[[], None], live: LiveRun, pipe: ReportPipe, on_hangup: OnHangup
    ) -> None:
        super().__init__(live)
        self._app = app
        self._let_go = let_go
        self._pipe = pipe
        self._on_hangup = on_hangup
        self._is_hung_up = False

    def show(self, options: ScreenOptions, run: RunDirectory) -> Outcome | ScreenError:
        """Run the app. Return how it has ended; a failure of it is not raised, for the training goes on."""
        try:
            outcome = run_app(self._app, options, run.log_path)
        except ScreenError as error:
            outcome = error
        except Exception as error:
            logging.getLogger("vae_tui").exception("the screen has failed")
            outcome = ScreenError(f"the screen has failed: {type(error).__name__}: {error}; {run.log_path} says how")
        return HungUp() if self._is_hung_up else outcome

    def handle_signal(self, number: signal.Signals) -> None:
        """Handle a signal, in the signals' thread."""
        match number:
            case signal.SIGHUP:
                self._hang_up()
            case signal.SIGTSTP | signal.SIGCONT:
                self._app.handle_signal(number)
            case _:
                super().handle_signal(number)

    def stop(self) -> None:
        """Let the app follow the training to its end."""
        self._app.handle_signal(signal.SIGTERM)
        threading.Thread(target=self._end_with_training, name="end", daemon=True).start()

    def end(self) -> None:
        """End the process at once; the parent restores the terminal."""
        self._pipe.send(Report(has_left=False))
        super().end()

    def _hang_up(self) -> None:
        """Close the app, which may hang; the training goes on, unless it is to stop."""
        if self._is_hung_up:
            return
        self._is_hung_up = True
        self._let_go()
        if self._on_hangup == "stop":
            self._live.stop()
        self._app.handle_signal(signal.SIGHUP)
        threading.Thread(target=self._end_with_training, name="end", daemon=True).start()

    def _end_with_training(self) -> None:
        """End the process after the training, even if the main thread hangs: a terminal may take nothing."""
        self._live.start()  # an app that hangs may not have come to do so
        last = self._live.wait()
        time.sleep(FOLLOW_SECONDS)
        self._pipe.send(Report(last, has_left=False, hung_up=self._is_hung_up))
        end_process(exit_code_of(last))


def _report_of(outcome: Detached | HungUp | ScreenError) -> Report:
    """What to tell the parent of a screen that ends before the training."""
    match outcome:
        case HungUp():
            return Report(hung_up=True)
        case ScreenError():
            return Report(error=outcome, has_left=False)
    return Report(outcome)


def _leave_terminal(terminal: Terminal) -> None:
    """Let go of the terminal for good: neither its signals nor its end reach this process any more."""
    let_go_of_terminal((0, terminal.stdout.fileno(), terminal.stderr.fileno()))
    give_up_controlling_terminal()
