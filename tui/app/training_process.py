"""Train a run in a process, with or without the app.

    main thread     runs the app as long as there is a screen; then waits for the training
    trainer         takes commands, trains, emits events
    server          serves screens of other processes
    signals         stops the training or closes the screen, even if the app hangs

The end of the screen is never the end of the training: the process lets go of the terminal, reports to its parent,
and continues to train.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from ...core.errors import RunError
from ...core.live.live_run import LiveRun
from ...core.protocol import Ended, Event, Failed, ModelReady
from ...core.run import RunDirectory
from ...core.training.launch import Launch
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
"""Time for the app to end after the training, and for the training to end after a user who quits at once."""

END_SECONDS = 10.0
"""Time for a failed training to close its socket."""

START_SECONDS = 10.0
"""Time that a start in the background waits for the model: impossible settings have failed by then. Preparing data may
take longer."""


def train_on_screen(
    run: RunDirectory,
    pipe: ReportPipe,
    *,
    launch: Launch,
    on_hangup: OnHangup,
    options: ScreenOptions,
) -> Ended | Failed | None:
    """Train a run and show it, in a fork of the locking process.

    Args:
        run: The run.
        pipe: Reports to the parent if the screen ends before the training. Then this function does not return.
        launch: How the run is started.
        on_hangup: Whether training continues when the terminal is gone, or stops with a checkpoint.
        options: The options of the screen.

    Returns:
        The run's last event; None when the user quit without waiting for it.

    Raises:
        RunError: when the run cannot be written, or viewers could not reach it. A new run is removed then.
    """
    from ..session.local_session import LocalSession
    from .app import VaeTuiApp

    with run, discarded_if_impossible(run, is_new=not launch.is_resumed), output_to(run.log_path) as terminal:
        run.sign()
        live = LiveRun(run, launch)
        session = LocalSession(run.path, live)
        app = VaeTuiApp(session, run_path=run.path, config=run.config, options=options)
        screen = _Screen(app, session.close, live, pipe, on_hangup)
        with SignalThread(screen.handle_signal, APP_SIGNALS):
            outcome = screen.show(options, run)
            pipe.is_asked_to_end = pipe.is_asked_to_end or app.is_asked_to_end
            session.close()
            live.start()  # the screen may have ended before the session started it
            if isinstance(outcome, Failed) and live.wait(END_SECONDS) is None:  # only the screen has failed
                outcome = ScreenError(outcome.message)
            if isinstance(outcome, Ended | Failed) or screen.is_asked_to_end:
                return live.wait()
            if outcome is None:
                live.wait(FOLLOW_SECONDS)
                return None
            if isinstance(outcome, ScreenError) and live.wait(0) is not None:
                raise outcome
            _leave_terminal(terminal)
            pipe.send(replace(_report_of(outcome), continues=True))
            last = live.wait()
    return end_process(exit_code_of(last))


def train_in_background(run: RunDirectory, pipe: ReportPipe, *, launch: Launch) -> NoReturn:
    """Train a run without a terminal, then exit.

    This process is a fork of the one that took the lock.

    The process reports to its parent once the model is ready, or after START_SECONDS, or when the run ends, whichever
    comes first.

    Args:
        run: The run.
        pipe: Reports to the parent.
        launch: How the run is started.
    """

    def handle(event: Event) -> None:
        if isinstance(event, ModelReady):
            pipe.send(Report(Detached(), continues=True))

    with run, discarded_if_impossible(run, is_new=not launch.is_resumed), output_to(run.log_path) as terminal:
        _leave_terminal(terminal)
        run.sign()
        live = LiveRun(run, launch)
        live.subscribe(handle)
        with SignalThread(StopHandler(live).handle_signal, STOPPING):
            live.start()
            last = live.wait(START_SECONDS)
            if last is None:
                pipe.send(Report(Detached(), continues=True))
                last = live.wait()
    pipe.send(Report(last))
    end_process(exit_code_of(last))


@contextlib.contextmanager
def discarded_if_impossible(run: RunDirectory, *, is_new: bool) -> Iterator[None]:
    """Remove a new run's directory if the block raises RunError."""
    try:
        yield
    except RunError:
        if is_new:
            run.discard()
        raise


def exit_code_of(last: Ended | Failed | None) -> int:
    """Return the exit code for a run's last event (None: quit)."""
    match last:
        case Failed(usage=True):
            return 2
        case Failed():
            return 1
    return 0


class StopHandler:
    """Stops a run at the first signal, the process at the second.

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
        """Do anything else that the first signal requires."""

    def end(self) -> None:
        """End the process at once."""
        end_process(INTERRUPTED)


class _Screen(StopHandler):
    """Shows the app in this process, and closes it at a signal."""

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
        """Run the app. Return how it ended.

        A failure of the app is returned, not raised, because the training continues.
        """
        try:
            outcome = run_app(self._app, options, run.log_path)
            if outcome is None and not self._app.is_left:  # a canceled task of Textual's
                outcome = ScreenError(f"the screen has failed; details are in {run.log_path}")
        except ScreenError as error:
            outcome = error
        except BaseException as error:  # SystemExit, too, ends the screen only
            logging.getLogger("vae_tui").exception("the screen has failed")
            cause = f"{type(error).__name__}: {error}"
            outcome = ScreenError(f"the screen has failed: {cause}; details are in {run.log_path}")
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
        """Close the app once the training has ended."""
        self._pipe.is_asked_to_end = True
        self._app.handle_signal(signal.SIGTERM)
        threading.Thread(target=self._end_with_training, name="end", daemon=True).start()

    def end(self) -> None:
        """End the process at once; the parent restores the terminal."""
        self._pipe.send(Report(has_left=False))
        super().end()

    def _hang_up(self) -> None:
        """Close the app, which may hang; the training continues unless `on_hangup` is "stop"."""
        if self._is_hung_up:
            return
        self._is_hung_up = True
        self._let_go()
        if self._on_hangup == "stop":
            self._live.stop()
        self._app.handle_signal(signal.SIGHUP)
        threading.Thread(target=self._end_with_training, name="end", daemon=True).start()

    def _end_with_training(self) -> None:
        """End the process after the training, even if the main thread hangs."""
        self._live.start()  # an app that hangs may not have come to do so
        last = self._live.wait()
        time.sleep(FOLLOW_SECONDS)
        self._pipe.send(Report(last, has_left=False, hung_up=self._is_hung_up))
        end_process(exit_code_of(last))


def _report_of(outcome: Detached | HungUp | ScreenError) -> Report:
    """Return the report to the parent about a screen that ended before the training."""
    match outcome:
        case HungUp():
            return Report(hung_up=True, has_left=False)  # what the app wrote last may not have reached the terminal
        case ScreenError():
            return Report(error=outcome, has_left=False)
    return Report(outcome)


def _leave_terminal(terminal: Terminal) -> None:
    """Let go of the terminal, its signals and its end.

    SIGHUP means nothing from here on; threads of the screen send it when they find that the terminal is gone.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    let_go_of_terminal((0, terminal.stdout.fileno(), terminal.stderr.fileno()))
    give_up_controlling_terminal()
