"""What the commands say of a run when they leave it: where it is, and how to go on."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

from ...core.errors import RunError, TrainingError, UsageError, VaeTuiError
from ...core.protocol import Ended, Failed, RunState, StateChanged
from ...core.run import holder, is_locked, last_checkpoint, last_word, log_path
from ..process.child import DeathError
from ..process.crash import cause_in_words, last_words


def words_after(run: Path, last: Ended | None) -> str:
    """Of a run that is over; `last` is what it said, if it could. Lines without an end."""
    checkpoint = last_checkpoint(run) or "none yet"
    return f"run         {run}\ncheckpoint  {checkpoint}\n{_how_to_resume(run, last)}"


def words_while_live(run: Path) -> str:
    """Of a run that goes on without this command. Lines without an end."""
    process, name = holder(run), shlex.quote(str(run))
    return (
        f"run         {run}\n"
        f"training    {_how_it_stands(run)}{f' (process {process})' if process else ''}\n"
        f"attach      vae-tui attach {name}\n"
        f"stop        vae-tui stop {name}"
    )


def words_now(run: Path) -> str:
    """Of a run that may be over or go on. Lines without an end."""
    return words_while_live(run) if is_locked(run) else words_after(run, None)


def _how_it_stands(run: Path) -> str:
    """What the training of a live run does."""
    said = None
    with contextlib.suppress(RunError):  # the log is damaged, which is told where it is shown
        said = last_word(run)
    match said:
        case StateChanged(state=RunState.PAUSED):
            return "is paused in the background"
        case StateChanged(state=RunState.FINISHED):
            return "has finished"
    return "goes on in the background"


def error_of_death(run: Path, death: DeathError, log_start: int) -> TrainingError:
    """The error to end a command with when the process that trained has died.

    Args:
        run: The run's directory.
        death: How it has died.
        log_start: Bytes of the run's log that are older than the process.
    """
    lines = [f"the training process was ended by {cause_in_words(death.cause)}"]
    lines += last_words(log_path(run), log_start)
    return TrainingError("\n".join([*lines, f"log         {log_path(run)}", words_after(run, None)]))


def error_of(run: Path, failed: Failed) -> VaeTuiError:
    """The error to end a command with when its run has failed."""
    if failed.usage:
        error = UsageError(failed.message)
    else:
        error = TrainingError(f"{failed.message}\nlog         {log_path(run)}\n{_how_to_resume(run, None)}")
    error.add_note(failed.traceback)
    return error


def _how_to_resume(run: Path, last: Ended | None) -> str:
    if last_checkpoint(run) is None:
        return "resume      not possible without a checkpoint; start a new run"
    command = f"vae-tui train --resume {shlex.quote(str(run))}"
    if last is not None and last.reason == "finished":
        return f"go on       {command} --train.steps {2 * last.step}"
    return f"resume      {command}"
