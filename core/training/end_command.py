"""Run the user's command when a run is over."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import RunError
from ..protocol import Ended, Event, Failed, RunState, StateChanged
from ..run import RunFigures, log_path, read_figures

EXIT_SECONDS = 2.0
"""Time that the end of a run waits for the command, so that its failure is in the run's log."""


class EndCommand:
    """Start a command once, when a run is finished, stopped or failed.

    The command is no shell's: its arguments are what the user typed, and what it needs to know of the run is in its
    environment. It is a process of its own, which may outlive this one, and writes to the run's `train.log`.

    Args:
        arguments: The program and its arguments; none: nothing is started.
        run_path: The run's directory.
        warn: Called with a sentence about the command's failure, perhaps in another thread.
    """

    def __init__(self, arguments: Sequence[str], run_path: Path, warn: Callable[[str], None]) -> None:
        self._arguments = tuple(arguments)
        self._run_path = run_path
        self._warn = warn
        self._lock = threading.Lock()
        self._waiter: threading.Thread | None = None
        self._is_due = bool(arguments)

    def handle_event(self, event: Event) -> None:
        """Start the command at the end; call it after the event is logged."""
        match event:
            case StateChanged(state=RunState.FINISHED | RunState.STOPPED as state):
                self._start(state, event.step)
            case Ended(reason=reason):
                self._start(reason, event.step)
            case Failed(message=message):
                self._start(RunState.FAILED, event.step, message)

    def close(self) -> None:
        """Wait up to EXIT_SECONDS for the command; a later failure is told in `train.log`."""
        if self._waiter is not None:
            self._waiter.join(EXIT_SECONDS)
        with self._lock:
            self._warn = logging.getLogger("vae_tui").warning

    def _start(self, reason: str, step: int, message: str = "") -> None:
        if not self._is_due:
            return
        self._is_due = False
        facts = {"RUN": str(self._run_path.absolute()), "REASON": str(reason), "STEP": str(step), "MESSAGE": message}
        environment = os.environ | {f"VAE_TUI_{name}": value for name, value in (facts | self._losses()).items()}
        try:
            # Not `subprocess`: the threads of a run block the signals that stop it, and the command would inherit that.
            process = os.posix_spawnp(
                self._arguments[0],
                self._arguments,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, log_path(self._run_path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setpgroup=0,  # ctrl+c at the terminal is not for the command
                setsigmask=(),
                setsigdef=(signal.SIGHUP, signal.SIGINT, signal.SIGTERM),
            )
        except (OSError, ValueError) as error:
            self._tell(f"cannot be started: {error}")
            return
        self._waiter = threading.Thread(target=self._wait, args=(process,), name="end command", daemon=True)
        self._waiter.start()

    def _losses(self) -> dict[str, str]:
        """Return the losses of all sessions of the run, by name; empty where there is none."""
        try:
            figures = read_figures(self._run_path)
        except RunError:  # the command is to run all the same
            figures = RunFigures()
        best = None if figures.best is None else figures.best[1]
        losses = {"LOSS": figures.validation_loss, "BEST_LOSS": best, "TEST_LOSS": figures.test_loss}
        return {name: "" if loss is None else f"{loss:.4f}" for name, loss in losses.items()}

    def _wait(self, process: int) -> None:
        _, status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(status)
        if code:
            how = f"exit code {code}" if code > 0 else f"signal {-code}"
            self._tell(f"failed with {how}; its output is in train.log")

    def _tell(self, problem: str) -> None:
        with self._lock:
            self._warn(f"--on-end: {self._arguments[0]} {problem}")
