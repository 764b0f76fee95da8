"""Create or resume the run that `vae-tui train` trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.config import Config, DataConfig, load_config
from ...core.data import is_own, resolve_name, train_size
from ...core.errors import UsageError
from ...core.run import RunDirectory, find_run, is_run, last_checkpoint, read_config
from ...core.training.plan import create_plan
from ..settings import Settings
from .config_flags import flag_name, overlay

EXTENDABLE = {"steps", "epochs", "patience", "devices"}
"""The fields of the train section that may change when a run is resumed."""

_PATHS = {("run", "dir"), ("train", "init_from")}
"""The fields that a run stores as absolute paths, or that no longer matter once it is started."""


def new_run(
    changes: dict[str, Any],
    file: Path | None,
    like: str | None = None,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
) -> tuple[RunDirectory, str]:
    """Create a run from the user's settings, a file or another run's settings, and the command line's flags.

    Args:
        changes: The flags, as nested JSON values.
        file: A JSON file with settings; None: start from the defaults.
        like: A run (directory, name or "latest") whose settings to start from, all but its directory.
        settings: What the user prefers.

    Returns:
        The run, and a message for the user about the choice of the data set, or "".
    """
    config, note = plan_config(changes, file, like, settings)
    return RunDirectory.create(config), note


def plan_config(
    changes: Mapping[str, Any], file: Path | None, like: str | None, settings: Settings
) -> tuple[Config, str]:
    """Return the configuration of a new run, and a note about the choice of the data set; nothing is written.

    Raises:
        UsageError: as `new_run`.
    """
    if file and like:
        raise UsageError("--config and --like both give the settings to start from: choose one of them")
    preferred = Config(run=settings.run)
    base = _settings_of(like) if like else load_config(file, preferred) if file else preferred
    config = overlay(base, changes)
    if config.data.dir is None:  # the user's folder, whatever another run or machine had
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, dir=settings.data.dir))
    data = resolve_name(config.data)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, name=data.name))
    create_plan(config, _train_size(config.data))  # refuse an impossible plan before there is a directory
    if config.train.init_from is not None:
        source = str(_parameters_path(config.train.init_from).absolute())  # valid from any directory
        config = dataclasses.replace(config, train=dataclasses.replace(config.train, init_from=source))
    return config, data.note


def _settings_of(run: str) -> Config:
    config = read_config(find_run(run))
    return dataclasses.replace(config, run=dataclasses.replace(config.run, dir=None))


def _train_size(data: DataConfig) -> int:
    """Return the number of training images; show the progress where the user's own images are decoded for it."""
    if not is_own(data.name):
        return train_size(data, lambda label, done, total, unit: None)
    from .progress_report import showing_progress

    with showing_progress() as report:
        return train_size(data, report)


def _parameters_path(source: str) -> Path:
    """Return the file or run directory of the parameters to start from.

    Raises:
        UsageError: when there is no such file or run.
    """
    if not source.endswith(".safetensors"):
        return find_run(source)
    if not Path(source).is_file():
        raise UsageError(f"there is no file {source} to take the parameters from (train.init-from)")
    return Path(source)


def resumed_run(name: str, changes: dict[str, Any], file: Path | None) -> RunDirectory:
    """Open a run to resume it, perhaps with another length.

    Raises:
        UsageError: when a flag other than the length is given, or the run has no checkpoint.
    """
    others = ["--config"] if file else []
    others += [
        flag_name(section, field)
        for section, fields in changes.items()
        for field in fields
        if not (section == "train" and field in EXTENDABLE)
    ]
    if others:
        instead = "; `,` and `.` on the screen change the rate" if others[0] == "--optim.learning-rate" else ""
        raise UsageError(
            f"{others[0]} cannot be changed when a run is resumed; "
            f"only --train.steps, --train.epochs, --train.patience and --train.devices can{instead}"
        )
    run = RunDirectory.resume(find_run(name))
    if last_checkpoint(run.path) is None:
        run.close()
        raise UsageError(f"{run.path} has no checkpoint to resume from; start a new run")
    _extend(run, changes.get("train", {}))
    return run


def run_to_continue(changes: dict[str, Any], file: Path | None, settings: Settings) -> tuple[RunDirectory, str, bool]:
    """Resume the run in `run.dir` if it has a checkpoint, else start it: one command line, to be run again and again.

    Args:
        changes: The flags, as nested JSON values.
        file: A JSON file with settings; None: start from the defaults.
        settings: What the user prefers.

    Returns:
        The run, a message for the user about the choice of the data set, or "", and whether the run is resumed.

    Raises:
        UsageError: when no directory is named, or a setting differs from the run's.
    """
    config = overlay(load_config(file) if file else Config(), changes)
    if config.run.dir is None:
        raise UsageError("--resume auto needs --run.dir, the directory of the run to start or to continue")
    path = Path(config.run.dir)
    if not is_run(path):
        return *new_run(changes, file, None, settings), False
    run = RunDirectory.resume(path)
    if last_checkpoint(path) is None:  # it ended before its first checkpoint
        run.discard()
        run.close()
        return *new_run(changes, file, None, settings), False
    try:
        _require_same(run, changes)
    except UsageError:
        run.close()
        raise
    _extend(run, {name: value for name, value in changes.get("train", {}).items() if name in EXTENDABLE})
    return run, "", True


def _require_same(run: RunDirectory, changes: dict[str, Any]) -> None:
    """Check that the flags are those of a run, but for the ones that may change. Raises UsageError."""
    saved = run.config.to_json()
    wanted = overlay(run.config, changes)
    resolved = resolve_name(wanted.data).name if "name" in changes.get("data", {}) else wanted.data.name
    values = dataclasses.replace(wanted, data=dataclasses.replace(wanted.data, name=resolved)).to_json()
    for section, fields in changes.items():
        for field in fields:
            is_free = (section == "train" and field in EXTENDABLE) or (section, field) in _PATHS
            if not is_free and values[section][field] != saved[section][field]:
                raise UsageError(
                    f"{flag_name(section, field)} is {values[section][field]}, but {run.path} was started with"
                    f" {saved[section][field]}; continue it with that, or choose another --run.dir"
                )


def _extend(run: RunDirectory, changes: dict[str, Any]) -> None:
    """Change fields of the train section of a run that is resumed."""
    if changes:
        run.configure(overlay(run.config, {"train": changes}))
