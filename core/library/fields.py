"""The fields of a run, by which runs are sorted and filtered."""

from __future__ import annotations

import dataclasses
import difflib
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..config import Config
from ..errors import UsageError
from .library_run import LibraryRun, flat_settings

SortKey = Literal["age", "name", "state", "data", "step", "loss", "test", "time", "size"]

SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)

_ASCENDING_FIRST: tuple[SortKey, ...] = ("age", "name", "state", "data", "loss", "test")
"""The keys whose lowest value is the one to look for: the newest run, the lowest loss."""


@dataclass(frozen=True)
class Field:
    """One value that every run has, or None."""

    value: Callable[[LibraryRun], Any]
    units: dict[str, float] = dataclasses.field(default_factory=dict)
    """What the suffix of a number stands for."""


_COUNT = {"k": 1e3, "m": 1e6}
_SECONDS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "k": 1e3, "m": 1e6, "g": 1e9}

_FIELDS: dict[str, Field] = {
    "name": Field(lambda run: run.name),
    "state": Field(lambda run: (run.state, "live", "running") if run.is_live else (run.state,)),
    "data": Field(lambda run: run.summary.dataset),
    "model": Field(lambda run: run.summary.arch),
    "tag": Field(lambda run: run.summary.tags),
    "note": Field(lambda run: run.summary.note),
    "step": Field(lambda run: run.figures.step, _COUNT),
    "loss": Field(lambda run: run.best_loss),
    "test": Field(lambda run: run.figures.test_loss),
    "time": Field(lambda run: run.figures.seconds, _SECONDS),
    "age": Field(lambda run: run_age(run, time.time()), _SECONDS),
    "size": Field(lambda run: run.summary.size, _BYTES),
    "devices": Field(lambda run: run.figures.devices),
    "processes": Field(lambda run: run.figures.processes),
}
"""The fields that are not settings; losses are validation losses, times are in seconds, sizes in bytes."""

_SETTINGS = tuple(flat_settings(Config()))

_SHORT = {"lr": "optim.learning_rate", "dataset": "data.name", "arch": "model.arch", "optimizer": "optim.name"}
"""Usual names of settings besides their own."""


def run_age(run: LibraryRun, now: float) -> float | None:
    """Return the seconds since a run started; None where its log is empty."""
    return None if run.figures.started is None else max(0.0, now - run.figures.started)


def field_named(name: str) -> Field:
    """Return a field by the name that a user gives it: of a setting, its last part is enough if no other has it.

    Raises:
        UsageError: when there is no such field, or more than one.
    """
    plain = name.lower().replace("-", "_")
    if plain in _FIELDS:
        return _FIELDS[plain]
    plain = _SHORT.get(plain, plain)
    found = [plain] if plain in _SETTINGS else [key for key in _SETTINGS if key.partition(".")[2] == plain]
    if len(found) > 1:
        raise UsageError(f"{name} is in several sections: {', '.join(found)}")
    if not found:
        known = [*_FIELDS, *_SHORT, *_SETTINGS, *(key.partition(".")[2] for key in _SETTINGS)]
        near = list(dict.fromkeys(difflib.get_close_matches(plain, known, n=2)))
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_FIELDS)}, and every setting"
        raise UsageError(f"there is no field {name}; {hint}")
    return Field(lambda run: run.summary.settings.get(found[0]))


def sort_runs(runs: Iterable[LibraryRun], key: SortKey, *, is_reversed: bool = False) -> list[LibraryRun]:
    """Sort runs: the newest, the lowest loss or the largest number first; runs without the value come last.

    Args:
        runs: The runs.
        key: What to sort by.
        is_reversed: Whether to begin with the other end.
    """
    newest_first = sorted(runs, key=lambda run: (-(run.figures.started or 0), run.name))
    value = (lambda run: (not run.is_live, run.state)) if key == "state" else _FIELDS[key].value
    known = [run for run in newest_first if _is_known(value(run))]
    missing = [run for run in newest_first if not _is_known(value(run))]
    known.sort(key=value, reverse=is_descending(key, is_reversed=is_reversed))
    return [*known, *missing]


def is_descending(key: SortKey, *, is_reversed: bool) -> bool:
    """Return whether the largest value comes first."""
    return (key not in _ASCENDING_FIRST) != is_reversed


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
