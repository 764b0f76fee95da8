"""Word what commands print when they leave a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import RunError, TrainingError, UsageError, VaeTuiError
from ...core.protocol import Ended, Failed, RunState, StateChanged
from ...core.run import (
    holder,
    is_locked,
    last_checkpoint,
    last_state_event,
    log_path,
    previous_run,
    read_figures,
    socket_path,
)
from ...core.text import shell_path
from ..process.child import DeathError
from ..process.crash import cause_in_words, last_lines
from .printing import print_text

if TYPE_CHECKING:
    from ..state import RunView


def line_when_over(run: Path, last: Ended | None) -> str:
    """Return the line for a run of a sweep that is over: its name, how long it trained, its best validation loss."""
    from ..state import conclusion, read_conclusion

    view = read_conclusion(run)
    if last is None or view is None:
        return f"{run.name:11} left before its end"
    said = conclusion(view, last.step)
    validation = f", validation {said['validation']}" if "validation" in said else ""
    return f"{run.name:11} {said['trained']}{validation}"


def lines_when_over(run: Path, last: Ended | None) -> str:
    """Return the lines for a run that is over, without a final newline: its results, and what to do next.

    Args:
        run: The run's directory.
        last: The run's last event; None if there is none.
    """
    from ..state import conclusion, read_conclusion

    view = read_conclusion(run) if last is not None and last.checkpoint else None
    lines = [f"run         {run}", f"checkpoint  {last_checkpoint(run) or 'none yet'}", _how_to_resume(run, last)]
    if last is not None and view is not None:
        lines = [*(f"{name:12}{text}" for name, text in conclusion(view, last.step).items()), *lines]
        if last.reason == "finished":
            lines += what_to_do_next(run, view)
            previous = previous_run(run)
            if previous is not None:
                lines.append(f"compare     vae-tui compare {shell_path(previous)} {shell_path(run)}")
    return "\n".join(lines)


def what_to_do_next(run: Path, view: RunView) -> Iterator[str]:
    """Yield the commands to look at the model of a finished run, and to evaluate it."""
    has_test_split = view.data is not None and view.data.test_size > 0
    yield f"sample      vae-tui sample {shell_path(run)}"
    yield f"evaluate    vae-tui eval {shell_path(run)}{'' if has_test_split else ' --split validation'}"


def lines_when_live(run: Path) -> str:
    """Return the lines for a run that continues after this command."""
    process, name = holder(run), shell_path(run)
    lines = f"run         {run}\ntraining    {_how_it_stands(run)}{f' (process {process})' if process else ''}\n"
    if process and not socket_path(run).exists():
        return f"{lines}attach      not possible: the run has no socket\nstop        kill {process}"
    return f"{lines}attach      vae-tui attach {name}\nstop        vae-tui stop {name}"


def lines_now(run: Path) -> str:
    """Return the lines for a run that is live or over; its process may still wait for viewers to leave."""
    newest = _newest(run)
    if isinstance(newest, StateChanged) and newest.state == RunState.FINISHED:
        checkpoint = last_checkpoint(run)
        newest = Ended(step=newest.step, reason="finished", checkpoint=str(checkpoint) if checkpoint else None)
    elif is_locked(run):
        return lines_when_live(run)
    return lines_when_over(run, newest if isinstance(newest, Ended) else None)


def _how_it_stands(run: Path) -> str:
    """Return what a live run is doing."""
    match _newest(run):
        case StateChanged(state=RunState.PAUSED):
            return "is paused in the background"
        case StateChanged(state=RunState.FINISHED):
            return "has finished"
    return "goes on in the background"


def _newest(run: Path) -> StateChanged | Ended | Failed | None:
    """Return the newest event about a run's state; None if there is none that can be read."""
    with contextlib.suppress(RunError):  # the log is damaged; the screens report that
        return last_state_event(run)
    return None


def error_of_death(run: Path, death: DeathError, log_start: int) -> TrainingError:
    """Return the error for a training process that died.

    Args:
        run: The run's directory.
        death: How the process died.
        log_start: Bytes of the run's log that are older than the process.
    """
    lines = [f"the training process was ended by {cause_in_words(death.cause)}"]
    lines += last_lines(log_path(run), log_start)
    return TrainingError("\n".join([*lines, f"log         {log_path(run)}", lines_when_over(run, None)]))


def run_after_death(on_end: Sequence[str], run: Path, death: DeathError) -> None:
    """Start the command of `--on-end` for a training process that died, and so could not do it itself."""
    from ...core.training.end_command import EndCommand

    command, step = EndCommand(on_end, run, lambda problem: print_text(f"vae-tui: {problem}", error=True)), 0
    with contextlib.suppress(RunError):  # the log is damaged; the command is told less
        step = read_figures(run).step
    cause = cause_in_words(death.cause)
    command.handle_event(Failed(step=step, message=f"the training process was ended by {cause}", traceback=""))
    command.close()


def error_of(run: Path, failed: Failed) -> VaeTuiError:
    """Return the error for a run that failed; its note is the traceback."""
    if failed.usage:
        error = UsageError(failed.message)
    else:
        error = TrainingError(f"{failed.message}\nlog         {log_path(run)}\n{_how_to_resume(run, None)}")
    error.add_note(failed.traceback)
    return error


def _how_to_resume(run: Path, last: Ended | None) -> str:
    if last_checkpoint(run) is None:
        return "resume      not possible without a checkpoint; start a new run"
    command = f"vae-tui train --resume {shell_path(run)}"
    if last is not None and last.reason == "finished":
        return f"go on       {command} --train.steps {2 * last.step}"
    return f"resume      {command}"
