"""`vae-tui train`: set a run up, show it, and say afterwards where it is."""

from __future__ import annotations

import dataclasses
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.config import Config, load_config
from ...core.data import resolve_name, train_size
from ...core.errors import UsageError
from ...core.protocol import Ended, Failed
from ...core.run import RunDirectory, find_run, last_checkpoint
from ...core.training.plan import create_plan
from ..process.child import DeathError, ScreenError
from ..process.exit_codes import INTERRUPTED
from ..process.supervisor import OnHangup, Supervisor
from ..process.terminal import end_process, output_to, why_no_screen
from .config_flags import flag_name, overlay
from .outcome import error_of, error_of_death, words_after, words_now, words_while_live

if TYPE_CHECKING:  # the process that waits for the screen does without Textual
    from ..app.screen_options import ScreenOptions

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


def train(
    run: RunDirectory,
    *,
    resume: bool,
    headless: bool,
    detach: bool,
    on_hangup: OnHangup,
    note: str,
    options: ScreenOptions,
) -> int:
    """Train a run: here without a screen, or in a process of its own, with a screen on it or without.

    Args:
        run: The run; its lock belongs to the process that trains, and is given back here in any case.
        resume: Continue from the last checkpoint.
        headless: Train without the screen, in this process.
        detach: Start the training and leave it to itself.
        on_hangup: What training does when the terminal is gone.
        note: What the user should know of the choice of the data set.
        options: How to show it.

    Returns:
        The exit code.

    Raises:
        UsageError: when what the user asked for turned out to be impossible.
        TrainingError: when training failed; its traceback is the error's note.
        ScreenError: when the screen has failed; it says whether training goes on.
    """
    if detach:
        return _train_detached(run, resume=resume, note=note)
    reason = "" if headless else why_no_screen()
    if reason:
        print(f"vae-tui: {reason}: training without the screen, as with --headless", file=sys.stderr)
    if headless or reason:
        return _train_here(run, resume=resume, on_hangup=on_hangup, note=note)
    return _train_on_screen(run, resume=resume, on_hangup=on_hangup, note=note, options=options)


def _train_here(run: RunDirectory, *, resume: bool, on_hangup: OnHangup, note: str) -> int:
    """Train without a screen, and report in plain words."""
    from ...core.training.run_training import is_preparing
    from .headless import train_headless

    with run, output_to(run.log_path) as terminal:
        last = train_headless(run, terminal, resume=resume, note=note, on_hangup=on_hangup)
        if isinstance(last, Failed):
            raise error_of(run.path, last)
        terminal.stdout.write(f"{words_after(run.path, last)}\n")
    if is_preparing():  # what compiles cannot be interrupted, and would crash while the interpreter is taken down
        end_process(0)
    return 0


def _train_on_screen(run: RunDirectory, *, resume: bool, on_hangup: OnHangup, note: str, options: ScreenOptions) -> int:
    """Train in a child process that shows the run, until it has ended or the screen is left."""
    from ..app.training_process import train_on_screen
    from ..session import Detached

    path, log_start = run.path, _size(run.log_path)
    show = partial(train_on_screen, run, resume=resume, note=note, on_hangup=on_hangup, options=options)
    with Supervisor() as supervisor:
        try:
            last = supervisor.show(show, handed=run)
        except DeathError as error:
            raise error_of_death(path, error, log_start) from error
        except ScreenError as error:
            raise ScreenError(f"{error}\n{words_now(path)}") from error
        if supervisor.hung_up:
            return supervisor.wait()
    match last:
        case Detached():
            print(words_while_live(path))
            return 0
        case Failed():
            raise error_of(path, last)
    print(words_after(path, last))
    return INTERRUPTED if last is None else 0


def _train_detached(run: RunDirectory, *, resume: bool, note: str) -> int:
    """Train in a process in the background, and leave it once it trains, or may take long to prepare."""
    from ..app.training_process import train_in_background
    from ..process.background import start_in_background

    path, log_start = run.path, _size(run.log_path)
    with run:
        try:
            report = start_in_background(partial(train_in_background, run, resume=resume, note=note))
        except DeathError as error:
            raise error_of_death(path, error, log_start) from error
    if report.error is not None:
        raise report.error
    if isinstance(report.result, Failed):
        raise error_of(path, report.result)
    print(words_after(path, report.result) if isinstance(report.result, Ended) else words_while_live(path))
    return 0


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
