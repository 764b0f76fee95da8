"""Train without the screen, with a progress bar or plain lines."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from ...core.config import Config
from ...core.live.live_run import LiveRun
from ...core.protocol import DataReady, Ended, Event, Failed, Metrics, RunState, StateChanged
from ...core.protocol import Progress as Preparation
from ...core.run import RunDirectory
from ...core.text import count
from ...core.training.launch import Launch
from ..app.training_process import StopHandler
from ..process.hangup import Line
from ..process.printable import printable
from ..process.signals import STOPPING, SignalThread, write_at_once
from ..process.supervisor import OnHangup
from ..process.terminal import Terminal, can_move_cursor
from ..state import LogWriter, RunView, amount, duration, log_lines
from .cursor_console import CursorConsole

LINE_SECONDS = 5.0
"""Time between two plain lines of progress."""


class ProgressReporter(Protocol):
    """Reports events to the user."""

    def __call__(self, event: Event) -> None:
        """Report an event, if it is worth a line."""
        ...


def train_headless(
    run: RunDirectory,
    terminal: Terminal,
    before_end: Callable[[], None],
    *,
    launch: Launch,
    on_hangup: OnHangup = "continue",
) -> Ended | Failed:
    """Train a run to its end and report its progress.

    Viewers can attach to it.

    The first SIGINT or SIGTERM asks the trainer to stop with a checkpoint, the second one ends the process.

    Args:
        run: The run's directory, held by this process.
        terminal: Where the reports go.
        before_end: Called before a signal ends the process.
        launch: How the run is started.
        on_hangup: Whether training continues when the terminal is gone, or stops with a checkpoint.

    Returns:
        The run's last event.
    """
    live = LiveRun(run, launch)
    line = Line(terminal, on_cut=live.stop if on_hangup == "stop" else _do_nothing)
    stops = _HeadlessStops(live, terminal, before_end)

    def handle_signal(number: signal.Signals) -> None:
        if number == signal.SIGHUP:
            line.cut()
        else:
            stops.handle_signal(number)

    # A hang-up that is ignored stays ignored, as under `nohup`.
    hang_up = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
    with SignalThread(handle_signal, (*STOPPING, *hang_up)), reporter(line.stdout, run.config) as report:
        live.subscribe(report)
        live.start()
        return live.wait()


def _do_nothing() -> None:
    """Let training continue."""


class _HeadlessStops(StopHandler):
    """Reports a stop on a terminal that may be stuck or mid-line."""

    def __init__(self, live: LiveRun, terminal: Terminal, before_end: Callable[[], None]) -> None:
        super().__init__(live)
        self._terminal = terminal
        self._before_end = before_end

    def stop(self) -> None:
        """Report the stop, and what a second signal does."""
        text = b"\nvae-tui: stopping with a final checkpoint; a second signal stops at once, without it\n"
        write_at_once(self._terminal.stderr.fileno(), text)

    def end(self) -> None:
        """End the process, with the shell's prompt on a new line below the bar."""
        if self._terminal.stdout.isatty():
            write_at_once(self._terminal.stdout.fileno(), b"\n")
        self._before_end()
        super().end()


@contextlib.contextmanager
def reporter(out: TextIO, config: Config) -> Iterator[ProgressReporter]:
    """Yield the reporter that suits an output: a progress bar, or plain lines.

    Args:
        out: Where the reports go.
        config: The run's configuration.
    """
    if not (out.isatty() and can_move_cursor()):
        yield LineReporter(out, RunView(config))
        return
    with BarReporter(CursorConsole(file=out), RunView(config)) as bar:
        yield bar


class LineReporter:
    """Reports in plain, self-contained lines, for log files, pipes and screen readers."""

    def __init__(self, out: TextIO, view: RunView) -> None:
        self._out = out
        self._view = view
        self._spoken_at = 0.0
        self._log_writer = LogWriter()

    def __call__(self, event: Event) -> None:
        """Write the lines for an event; most events have none."""
        self._view.apply(event)
        for line in self._log_writer.lines(event):
            self._write(event.time, line.text)
        if isinstance(event, StateChanged) and event.state in (RunState.FINISHED, RunState.STOPPED):
            self._sum_up(event.time)
        if isinstance(event, Metrics | Preparation) and event.time - self._spoken_at >= LINE_SECONDS:
            self._spoken_at = event.time
            self._write(event.time, _course(self._view, event))

    def _sum_up(self, time: float) -> None:
        for found in (self._view.validation, self._view.test):
            if found is not None:
                losses = f"{found.loss:.2f} (reconstruction {found.reconstruction:.2f}, KL {found.kl:.2f})"
                step = found.step if found.params_step is None else found.params_step
                self._write(time, f"{found.split} loss at step {count(step)}: {losses} nats per image")

    def _write(self, time: float, text: str) -> None:
        clock = datetime.fromtimestamp(time).strftime("%H:%M:%S")
        with contextlib.suppress(OSError):  # a reader that is gone is no reason to stop training
            self._out.write(f"{clock}  {printable(text)}\n")


class BarReporter:
    """Reports in a progress bar; lines that are not routine go above it."""

    def __init__(self, console: Console, view: RunView) -> None:
        self._view = view
        self._progress = Progress(
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, min_width=len(RunState.EVALUATING)),
            ),
            BarColumn(bar_width=10),
            # What does not fit is cut off at the end, where the least important figures are.
            TextColumn("{task.fields[course]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=console,
            expand=True,
            refresh_per_second=4,
            redirect_stdout=False,  # printed text goes to the log already
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("starting", total=None, course="")

    def __enter__(self) -> BarReporter:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Update the bar, and print the lines that are not routine."""
        view = self._view
        view.apply(event)
        for line in log_lines(event):
            if not line.routine:
                self._progress.console.print(printable(line.text), highlight=False, markup=False)
        fraction = view.fraction
        self._progress.update(
            self._task,
            description=view.progress.label if view.progress else str(view.shown_state(event.time)),
            total=None if fraction is None else 1.0,
            completed=fraction or 0.0,
        )
        if isinstance(event, Metrics | Preparation | DataReady):
            self._progress.update(self._task, course=_course(view, event))


def _course(view: RunView, event: Metrics | Preparation | DataReady) -> str:
    """Return the figures beside the bar, the most important first."""
    match event:
        case Preparation():
            return f"{event.label}: {amount(event.done, event.total, event.unit)}"
        case Metrics():
            return " · ".join(_figures(view, event))
    return ""


def _figures(view: RunView, metrics: Metrics) -> Iterator[str]:
    if view.model:
        yield f"step {count(view.step)} of {count(view.model.total_steps)}"
    yield f"loss {metrics.loss[-1]:.2f}"
    if view.validation:
        yield f"validation loss {view.validation.loss:.2f}"
    if view.seconds_left is not None:
        yield f"{duration(view.seconds_left)} left"
    if view.steps_per_second:
        yield f"{count(view.steps_per_second)} steps/s"
    if view.epoch:
        yield f"epoch {count(view.epoch[0])} of {count(view.epoch[1])}"
