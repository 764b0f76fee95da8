"""Plan a sweep: every combination of some settings' values, each with a configuration and a directory of its own."""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import msgspec

from ...core.config import Config, lay_over
from ...core.errors import UsageError
from ...core.run import RUNS, is_run, read_config
from ..settings import Settings
from .run_to_train import plan_config

MAX_RUNS = 1000
"""Runs of a sweep, at most: more are likely a slip of the keyboard."""

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting and the values that a sweep gives it, as the user typed them."""

    section: str
    field: str
    values: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The name of the setting in a directory's name."""
        return self.field.replace("_", "-")


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """A run of a sweep."""

    path: Path
    config: Config
    note: str


def plan_sweep(
    sweep: Sequence[str], changes: Mapping[str, Any], file: Path | None, like: str | None, settings: Settings
) -> list[PlannedRun]:
    """Return the runs of a sweep in order; the values of the last setting change fastest.

    Every configuration is checked, and compared with that of the run which is in its directory already, if any.

    Args:
        sweep: Settings with their values, such as "optim.learning-rate=1e-3,3e-3" and "train.seed=0..4".
        changes: The flags that all runs share.
        file: A JSON file with settings, as for `vae-tui train`.
        like: A run whose settings are the base.
        settings: What the user prefers.

    Raises:
        UsageError: when a setting, a value or a combination is impossible.
    """
    varied = [parse_setting(text) for text in sweep]
    names = [(setting.section, setting.field) for setting in varied]
    if len(set(names)) < len(names):
        raise UsageError("--sweep names a setting twice; give all of its values at once, separated by commas")
    number = 1
    for setting in varied:
        number *= len(setting.values)
    if number > MAX_RUNS:
        raise UsageError(f"--sweep has {number:,} combinations; at most {MAX_RUNS:,} can be run")
    folder = Path(changes.get("run", {}).get("dir") or RUNS / f"sweep-{'-'.join(setting.flag for setting in varied)}")
    return [
        _plan_run(folder, varied, values, partial(plan_config, file=file, like=like, settings=settings), changes)
        for values in itertools.product(*(setting.values for setting in varied))
    ]


def parse_setting(text: str) -> Setting:
    """Parse a setting and its values: "SECTION.NAME=VALUE,VALUE", or a range of whole numbers "FIRST..LAST".

    Raises:
        UsageError: when there is no such setting, or it has no values.
    """
    name, _, listed = text.partition("=")
    section, _, field = name.strip().removeprefix("--").replace("-", "_").partition(".")
    known = [
        f"{s.name}.{f.name}" for s in dataclasses.fields(Config) for f in dataclasses.fields(getattr(Config(), s.name))
    ]
    if f"{section}.{field}" not in known or (section, field) == ("run", "dir"):
        near = difflib.get_close_matches(f"{section}.{field}", known, n=1)
        hint = f"; did you mean {near[0].replace('_', '-')}?" if near else ""
        raise UsageError(f"--sweep {text}: there is no setting {name} to vary{hint}")
    values = [value for part in listed.split(",") if part.strip() for value in _values_of(part.strip())]
    if not values:
        raise UsageError(f"--sweep {text}: it has no values; write {name}=VALUE,VALUE or {name}=0..4")
    if len(set(values)) < len(values):
        raise UsageError(f"--sweep {text}: it names a value twice")
    return Setting(section, field, tuple(values))


def _values_of(text: str) -> list[str]:
    """Return the numbers of a range, or the text itself."""
    found = _RANGE.fullmatch(text)
    return [str(number) for number in range(int(found[1]), int(found[2]) + 1)] if found else [text]


def _plan_run(
    folder: Path,
    settings: Sequence[Setting],
    values: Sequence[str],
    plan: Callable[[Mapping[str, Any]], tuple[Config, str]],
    changes: Mapping[str, Any],
) -> PlannedRun:
    """Check one combination. Raises UsageError."""
    name = ",".join(f"{setting.flag}={value}" for setting, value in zip(settings, values, strict=True))
    path = folder / re.sub(r"[^\w.,=+-]", "-", name)
    combined = lay_over(changes, {"run": {"dir": str(path)}})
    for setting, value in zip(settings, values, strict=True):
        combined = lay_over(combined, {setting.section: {setting.field: _typed(setting, value)}})
    try:
        config, note = plan(combined)
    except UsageError as error:
        raise UsageError(f"--sweep, {name}: {error}") from error
    if is_run(path) and (other := _first_difference(read_config(path), config)):
        raise UsageError(f"{path} was trained with another {other}; name another folder of the sweep with --run.dir")
    return PlannedRun(path, config, note)


def _typed(setting: Setting, text: str) -> Any:
    """Return a typed value as JSON has it. Raises UsageError if it is not of the setting's type."""
    section = get_type_hints(Config)[setting.section]
    hint = get_type_hints(section)[setting.field]
    value: Any = text.split() if get_origin(hint) is tuple else text
    try:
        return msgspec.to_builtins(msgspec.convert(value, hint, strict=False))
    except msgspec.ValidationError:
        name = f"{setting.section}.{setting.flag}"
        raise UsageError(f"--sweep: {text} is no value of {name}; see `vae-tui train --help`") from None


def _first_difference(one: Config, other: Config) -> str:
    """Return the first setting in which two configurations differ, apart from the directory; "" if there is none."""
    first, second = one.to_json(), other.to_json()
    for section, fields in first.items():
        for field, value in fields.items():
            if (section, field) != ("run", "dir") and value != second[section][field]:
                return f"{section}.{field.replace('_', '-')}"
    return ""
