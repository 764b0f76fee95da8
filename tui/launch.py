"""`vae-tui train`: set a run up, show it, and say afterwards where it is."""

from __future__ import annotations

import dataclasses
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from ..core.config import Config, load_config
from ..core.data import resolve_name, train_size
from ..core.errors import TrainingError, UsageError, VaeTuiError
from ..core.events import Ended, Failed
from ..core.plan import create_plan
from ..core.rundir import RunDirectory, find_run
from ..core.runlog import read_events
from .flags import flag_name, overlay
from .options import ScreenOptions
from .terminal import INTERRUPTED, output_to, why_no_screen

EXTENDABLE = {"steps", "epochs"}
"""The fields of the train section that may be given when a run is resumed."""


def new_run(changes: dict[str, Any], file: Path | None) -> tuple[RunDirectory, str]:
    """Start a run: the defaults or a file's values, with what was given on the command line.

    Returns:
        The run, and what the user should know of the choice of the data set ("" if nothing).
    """
    config = overlay(load_config(file) if file else Config(), changes)
    data = resolve_name(config.data)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, name=data.name))
    create_plan(config, train_size(data.name))  # what does not fit is refused before there is a directory
    if config.train.init_from is not None:
        source = str(_parameters_path(config.train.init_from).absolute())  # a run's own record must not depend on where
        config = dataclasses.replace(config, train=dataclasses.replace(config.train, init_from=source))
    return RunDirectory.create(config), data.note


def _parameters_path(source: str) -> Path:
    """Where the parameters to start from are: a file, or a run's directory.

    Raises:
        UsageError: when there is no such thing.
    """
    if not source.endswith(".safetensors"):
        return find_run(source)
    if not Path(source).is_file():
        raise UsageError(f"there is no file {source} to take the parameters from (train.init-from)")
    return Path(source)


def resumed_run(name: str, changes: dict[str, Any], file: Path | None) -> RunDirectory:
    """Open a run to continue it, perhaps to another length.

    Raises:
        UsageError: when anything but the length is to be changed, or there is nothing to go on from.
    """
    others = ["--config"] if file else []
    others += [
        flag_name(section, field)
        for section, fields in changes.items()
        for field in fields
        if not (section == "train" and field in EXTENDABLE)
    ]
    if others:
        raise UsageError(
            f"{others[0]} cannot be changed when a run is resumed; only --train.steps and --train.epochs can"
        )
    run = RunDirectory.resume(find_run(name))
    if last_checkpoint(run.path) is None:
        run.close()
        raise UsageError(f"{run.path} has no checkpoint to go on from; start a new run")
    if changes:
        # Steps win over epochs: with new epochs, the old number of steps must go.
        run.configure(overlay(run.config, {"train": {"steps": None, **changes["train"]}}))
    return run


def train(run: RunDirectory, *, resume: bool, headless: bool, note: str, options: ScreenOptions) -> int:
    """Train a run in the app, or without it. Returns the exit code.

    Raises:
        UsageError: when what the user asked for turned out to be impossible.
        TrainingError: when training failed; its traceback is the error's note.
    """
    reason = "" if headless else why_no_screen()
    if reason:
        print(f"vae-tui: {reason}: training without the screen, as with --headless", file=sys.stderr)
    with run, output_to(run.log_path) as terminal:
        if headless or reason:
            from .headless import train_headless

            last = train_headless(run, terminal, resume=resume, note=note)
        else:
            last = _show(run, resume=resume, note=note, options=options)
        if isinstance(last, Failed):
            logging.getLogger("vae_tui").error("%s", last.traceback)
            error = _error(run, last)
            if last.usage and not resume and last_checkpoint(run.path) is None:
                run.discard()  # it never began: `latest` and the list of runs should not find it
            raise error
        terminal.stdout.write(f"run         {run.path}\n")
        terminal.stdout.write(f"checkpoint  {last_checkpoint(run.path) or 'none yet'}\n")
        terminal.stdout.write(f"{_how_to_resume(run.path, last)}\n")
        if last is None:
            # The trainer is in the middle of a step and cannot be waited for.
            os._exit(INTERRUPTED)
    return 0


def _show(run: RunDirectory, *, resume: bool, note: str, options: ScreenOptions) -> Ended | Failed | None:
    """Run the app; None when the user left at once."""
    from .app import VaeTuiApp
    from .session import TrainerSession

    session = TrainerSession(run, resume=resume, note=note)
    past = (lambda: read_events(run.events_path)) if resume else tuple
    app = VaeTuiApp(session, run_path=run.path, config=run.config, past=past, options=options)
    return app.run(mouse=options.mouse)


def _error(run: RunDirectory, failed: Failed) -> VaeTuiError:
    """The error to end the command with."""
    if failed.usage:
        error = UsageError(failed.message)
    else:
        error = TrainingError(f"{failed.message}\nlog         {run.log_path}\n{_how_to_resume(run.path, failed)}")
    error.add_note(failed.traceback)
    return error


def _how_to_resume(run: Path, last: Ended | Failed | None) -> str:
    if last_checkpoint(run) is None:
        return "resume      not possible without a checkpoint; start a new run"
    command = f"vae-tui train --resume {shlex.quote(str(run))}"
    if isinstance(last, Ended) and last.reason == "finished":
        return f"go on       {command} --train.steps {2 * last.step}"
    return f"resume      {command}"


def last_checkpoint(run: Path) -> Path | None:
    """The newest complete checkpoint: those under way have other names than a number."""
    complete = [path for path in (run / "checkpoints").glob("*") if path.name.isdecimal()]
    return max(complete, key=lambda path: int(path.name), default=None)
